"""Stores WordPiece's pieces as a trie in integer arrays that a graph can walk. Knows no text and no TensorFlow."""

import numpy as np

CONTINUATION = "##"
# States of the walk: no state, the start of a word, the start of what follows a piece; then those of the characters.
NONE, WORD, REST, FIRST = range(4)
# Lists of ids: of no piece, and of the unknown token for the whole word.
EMPTY_LIST, UNKNOWN_LIST = range(2)
_TRIES = 64


class WordPieceTrie:
    """Stores the trie of a vocabulary as a double array with failure links.

    A state is a number. From state `s` the character `c` leads to `t = bases[s] + c` if `parents[t] == s`. If not, no
    longer piece fits: the pieces of the list `pops[s]` are final, and `failures[s]` is the state that reads on, with
    the same character; `NONE` means that the word is unknown. At the end of the word, the pieces of `ends[s]` are
    final. List `i` is `values[starts[i]:starts[i] + lengths[i]]`. Characters above `highest` occur in no piece.

    Args:
        pieces: dict of str → id. Pieces that continue a word begin with `##`.
        unknown_id: int. Id of a word that cannot be built from pieces.

    Source: Song et al., 2021, "Fast WordPiece Tokenization" (failure links); Aoe, 1989, "An Efficient Digital Search
    Algorithm by Using a Double-Array Structure".
    """

    def __init__(self, pieces, unknown_id):
        children, parents, ids = _nodes(pieces)
        failures, pops = _failure_links(children, ids)
        slots, bases = _double_array(children)
        lists = _Lists(unknown_id)
        self.highest = _highest(children)
        # A base plus any code point up to `highest + 1`, which stands for all above, is a valid index.
        size = int(max(slots.max(), bases.max())) + self.highest + 2
        self.bases, self.parents, self.failures, self.pops, self.ends = np.zeros((5, size), np.int32)
        self.bases[slots] = bases
        self.parents[:] = -1
        self.parents[slots[FIRST:]] = slots[parents[FIRST:]]
        self.failures[slots] = [NONE if node is None else slots[node] for node in failures]
        self.pops[slots] = [
            UNKNOWN_LIST if node is None else lists.number(ids) for node, ids in zip(failures, pops, strict=True)
        ]
        self.ends[slots] = [UNKNOWN_LIST if ids is None else lists.number(ids) for ids in _ends(failures, pops)]
        self.lengths = np.array([len(ids) for ids in lists.all], np.int32)
        self.starts = (np.cumsum(self.lengths) - self.lengths).astype(np.int32)
        self.values = np.array([token_id for ids in lists.all for token_id in ids], np.int32)


class _Lists:
    """Numbers lists of ids, equal ones once. The unknown token as a piece has another number than `UNKNOWN_LIST`."""

    def __init__(self, unknown_id):
        self.all = [(), (unknown_id,)]
        self._numbers = {(): EMPTY_LIST}

    def number(self, ids):
        if ids not in self._numbers:
            self._numbers[ids] = len(self.all)
            self.all.append(ids)
        return self._numbers[ids]


def _nodes(pieces):
    """Returns of each node its children, dict of code point → node, its parent, and its id or None.

    The nodes `NONE`, `WORD` and `REST` come first; each other node follows its parent.
    """
    children, parents, ids = [{}, {}, {}], [NONE] * FIRST, [None] * FIRST
    for piece, token_id in pieces.items():
        is_rest = piece.startswith(CONTINUATION) and len(piece) > len(CONTINUATION)
        node = REST if is_rest else WORD
        for code in map(ord, piece[len(CONTINUATION) :] if is_rest else piece):
            if code not in children[node]:
                children[node][code] = len(children)
                children.append({})
                parents.append(node)
                ids.append(None)
            node = children[node][code]
        if node >= FIRST:  # not the empty piece
            ids[node] = token_id
    return children, np.array(parents), ids


def _failure_links(children, ids):
    """Returns the failure link of each node, a node or None, and the ids of the pieces that are then final, a tuple.

    Source: Song et al., 2021, algorithm 2.
    """
    failures, pops = [None] * len(children), [()] * len(children)
    queue = [WORD, REST]
    for parent in queue:  # grows: breadth first
        for code, node in children[parent].items():
            queue.append(node)
            if ids[node] is not None:
                failures[node], pops[node] = REST, (ids[node],)
                continue
            state, popped = failures[parent], pops[parent]
            while state is not None and code not in children[state]:
                popped += pops[state]
                state = failures[state]
            if state is not None:
                failures[node], pops[node] = children[state][code], popped
    return failures, pops


def _ends(failures, pops):
    """Returns for each node the ids of all pieces of a word that ends there, or None if the word is unknown."""
    ends = [None] * len(failures)
    ends[REST] = ()
    for node in range(len(failures)):
        path, state = [], node
        while state is not None and ends[state] is None:
            path.append(state)
            state = failures[state]
        if state is None:
            continue
        for above in reversed(path):
            ends[above] = pops[above] + ends[state]
            state = above
    return ends


def _double_array(children):
    """Places the nodes in an array: returns the slot of each node and its base, two int arrays `(nodes,)`.

    The child for the code point `c` stands in the slot `base + c`. Nodes with many children are placed first, where
    all slots that they need are free; nodes with one child fill the gaps.
    """
    slots, bases = np.zeros((2, len(children)), np.int64)
    slots[:FIRST] = range(FIRST)
    used, reach = bytearray(b"\1" * FIRST), _highest(children) + 1

    def next_free(slot):
        if slot + reach >= len(used):
            used.extend(bytes(slot + 2 * reach + len(children)))
        return used.find(0, slot)

    def place(node, base):
        bases[node] = base
        for code, child in children[node].items():
            slots[child] = base + code
            used[base + code] = 1

    several = [node for node, below in enumerate(children) if len(below) > 1]
    begin = 0
    for node in sorted(several, key=lambda node: -len(children[node])):
        first, *others = sorted(children[node])
        slot, tries = next_free(max(begin, first)), 0
        while any(used[slot - first + code] for code in others):
            slot, tries = next_free(slot + 1), tries + 1
        if tries > _TRIES:  # few gaps are left before this slot
            begin = slot
        place(node, slot - first)
    single = sorted((next(iter(below)), node) for node, below in enumerate(children) if len(below) == 1)
    slot = 0
    for code, node in single:
        slot = next_free(max(slot, code))
        place(node, slot - code)
    return slots, bases


def _highest(children):
    return max((code for below in children for code in below), default=0)
