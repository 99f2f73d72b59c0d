"""Names that people give to columns of texts and labels. Knows no table."""

# In tiers: a name in an earlier tier wins; two in one tier are two candidates, and the person decides.
TEXT_NAMES = (
    ("text", "文本"),
    (
        *("sentence", "content", "review", "message", "utterance", "comment", "tweet", "body", "document", "post"),
        *("review_text", "reviewtext", "comment_text", "sms", "texts", "sentences", "reviews", "messages"),
        *("内容", "评论", "句子", "文章", "正文", "评价", "微博"),
    ),
    ("title", "headline", "subject", "question", "query", "description", "summary", "phrase", "标题", "问题", "描述"),
)
LABEL_NAMES = (
    ("label", "标签"),
    (
        *("category", "class", "intent", "sentiment", "target", "topic", "emotion", "labels", "polarity", "tag"),
        *("label_name", "类别", "分类", "情感", "意图", "主题", "情绪"),
    ),
    ("quality", "rating", "stars", "star_rating", "score", "overall", "grade", "gold_label", "y", "评分", "星级"),
)
_KNOWN = frozenset(name for names in (TEXT_NAMES, LABEL_NAMES) for tier in names for name in tier)


def plain(name):
    """Writes a column's name as the lists do.

    >>> plain(" Review Text ")
    'review_text'
    """
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def is_known_name(name):
    """Whether a cell is a common name of a column.

    >>> is_known_name("Quality"), is_known_name("not bad at all")
    (True, False)
    """
    return plain(name) in _KNOWN
