// BERT's WordPiece tokenizer, with the ids of keras_bigmodel's mode "exact". No dependencies; Kotlin 1.3 or later.
// The phone's Unicode version does not matter: characters.txt has what it needs. CheckVectors.kt checks this file.

/** A token, and the code points from [start] to before [end] of the text that it came from; none of a special token. */
class Token(val id: Int, val start: Int, val end: Int)

/** A token that was added to the vocabulary, as "added_tokens" in edge_vectors.json lists it. */
class AddedToken(val content: String, val normalized: Boolean, val isPiece: Boolean)

/** The inputs of the model for one text or one pair of texts. */
class Row(val tokens: List<Token>, val segmentIds: IntArray) {
    val tokenIds = IntArray(tokens.size) { tokens[it].id }
    val paddingMask = IntArray(tokens.size) { 1 }
}

/**
 * Tokenizes texts. [vocabulary] and [characters] are the contents of vocab.txt and characters.txt; the other arguments
 * are the settings of the same names in edge_vectors.json.
 */
class WordPieceTokenizer(
    vocabulary: String,
    characters: String,
    private val unknownToken: String = "[UNK]",
    private val maxCharactersPerWord: Int = 100,
    addedTokens: List<AddedToken> = emptyList()
) {
    private val characters = Characters(characters)
    private val ids = HashMap<String, Int>()
    private val pieces: Map<String, Int>
    private val longestPiece: Int
    private val typed: List<Added>
    private val cleaned: List<Added>

    init {
        // Not lines(): it would split tokens that contain a carriage return.
        vocabulary.removeSuffix("\n").split("\n").forEachIndexed { id, token -> ids[token] = id }
        val apart = addedTokens.filter { !it.isPiece }.map { it.content }.toSet()
        pieces = ids.filterKeys { it !in apart }
        longestPiece = pieces.keys.fold(0) { longest, piece -> maxOf(longest, piece.length) }
        typed = longestFirst(addedTokens.filter { !it.normalized }) { letters(it) }
        cleaned = longestFirst(addedTokens.filter { it.normalized }) { clean(letters(it), separate = false) }
    }

    /** Returns the ids of [text], or of [text] and [pair], between [CLS] and [SEP], and at most [maxLength] tokens. */
    fun encode(text: String, maxLength: Int, pair: String? = null): Row {
        val room = maxLength - (if (pair == null) 2 else 3)
        require(room >= 0) { "maxLength is $maxLength, too short for [CLS] and [SEP]." }
        var first = tokenize(text)
        var second = if (pair == null) emptyList() else tokenize(pair)
        if (first.size + second.size > room) { // the longer text is truncated first
            val shorter = minOf(first.size, second.size, room / 2)
            val firstIsLonger = first.size > second.size
            first = first.take(if (firstIsLonger) room - shorter else shorter)
            second = second.take(if (firstIsLonger) shorter else room - shorter)
        }
        val sep = Token(idOf("[SEP]"), 0, 0)
        val cls = Token(idOf("[CLS]"), 0, 0)
        val tokens = listOf(cls) + first + sep + (if (pair == null) emptyList() else second + sep)
        return Row(tokens, IntArray(tokens.size) { if (it < first.size + 2) 0 else 1 })
    }

    /** Returns the tokens of [text], without special tokens. */
    fun tokenize(text: String): List<Token> {
        val tokens = ArrayList<Token>()
        for (part in split(letters(text), typed)) {
            val isWhole = part.addedId != null || cleaned.isEmpty()
            val rests = if (isWhole) listOf(part) else split(clean(part.letters, separate = false), cleaned)
            for (rest in rests) {
                if (rest.addedId != null) tokens.add(token(rest.addedId, rest.letters))
                else words(clean(rest.letters, separate = true)).forEach { tokens.addAll(piecesOf(it)) }
            }
        }
        return tokens
    }

    /** Returns the longest pieces from the left of a word, or the unknown token if one cannot be found. */
    private fun piecesOf(word: List<Letter>): List<Token> {
        val unknown = listOf(token(idOf(unknownToken), word))
        if (word.size > maxCharactersPerWord) return unknown
        val codes = IntArray(word.size) { word[it].code }
        val tokens = ArrayList<Token>()
        var start = 0
        while (start < word.size) {
            val prefix = if (start == 0) "" else "##"
            var end = minOf(word.size, start + longestPiece)
            while (end > start && prefix + String(codes, start, end - start) !in pieces) end--
            val id = pieces[prefix + String(codes, start, end - start)] ?: return unknown
            tokens.add(token(id, word.subList(start, end)))
            start = end
        }
        return tokens
    }

    private fun idOf(token: String) = requireNotNull(ids[token]) { "The vocabulary has no token $token." }

    private fun token(id: Int, letters: List<Letter>) = Token(id, letters.first().origin, letters.last().origin + 1)

    // ---- Characters that know where they came from

    private class Letter(val code: Int, val origin: Int)

    private fun letters(text: String): List<Letter> {
        val letters = ArrayList<Letter>()
        var at = 0
        while (at < text.length) {
            val code = text.codePointAt(at) // half of a surrogate pair is a code point, too, and dropped
            letters.add(Letter(code, letters.size))
            at += Character.charCount(code)
        }
        return letters
    }

    private fun clean(text: List<Letter>, separate: Boolean): List<Letter> =
        text.flatMap { letter -> characters.replacement(letter.code, separate).map { Letter(it, letter.origin) } }

    private fun words(text: List<Letter>): List<List<Letter>> {
        val words = ArrayList<List<Letter>>()
        var start = 0
        for (end in 0..text.size) {
            if (end < text.size && text[end].code != SPACE) continue
            if (end > start) words.add(text.subList(start, end))
            start = end + 1
        }
        return words
    }

    // ---- Added tokens: the leftmost, and the longest of those

    private class Added(val codes: List<Int>, val id: Int)

    private class Part(val letters: List<Letter>, val addedId: Int?)

    private fun longestFirst(tokens: List<AddedToken>, written: (String) -> List<Letter>): List<Added> =
        tokens.map { token -> Added(written(token.content).map { it.code }, idOf(token.content)) }
            .filter { it.codes.isNotEmpty() }.sortedByDescending { it.codes.size }

    private fun split(text: List<Letter>, added: List<Added>): List<Part> {
        val parts = ArrayList<Part>()
        var start = 0
        var at = 0
        while (at < text.size) {
            val found = added.firstOrNull { token ->
                at + token.codes.size <= text.size && token.codes.indices.all { text[at + it].code == token.codes[it] }
            }
            if (found == null) {
                at++
            } else {
                parts.add(Part(text.subList(start, at), null))
                parts.add(Part(text.subList(at, at + found.codes.size), found.id))
                at += found.codes.size
                start = at
            }
        }
        parts.add(Part(text.subList(start, text.size), null))
        return parts
    }
}

private const val SPACE = 0x20

/** What becomes of each character. [lines] are the contents of characters.txt, whose header explains them. */
private class Characters(lines: String) {
    private class Range(val first: Int, val last: Int, val action: String, val target: List<String>)

    private val ranges = lines.split("\n").filter { it.isNotEmpty() && !it.startsWith("#") }.map { line ->
        val columns = line.split(" ")
        Range(columns[0].toInt(16), columns[1].toInt(16), columns[2], columns.drop(3))
    }

    /** Returns the code points that replace [code]; if [separate], a word of its own is between two spaces. */
    fun replacement(code: Int, separate: Boolean): List<Int> {
        val found = ranges.binarySearch { if (it.last < code) -1 else if (it.first > code) 1 else 0 }
        if (found < 0) return listOf(code)
        val range = ranges[found]
        return when (range.action) {
            "drop" -> emptyList()
            "space" -> listOf(SPACE)
            "hangul" -> hangul(code)
            "letters" -> range.target.map { written(code, it) }
            "word" -> range.target.map { written(code, it) }.let { if (separate) listOf(SPACE) + it + SPACE else it }
            else -> throw IllegalArgumentException("characters.txt has the unknown action ${range.action}.")
        }
    }

    private fun written(code: Int, target: String): Int = when (target[0]) {
        '+' -> code + target.drop(1).toInt(16)
        '-' -> code - target.drop(1).toInt(16)
        else -> target.toInt(16)
    }

    private fun hangul(code: Int): List<Int> {
        val index = code - 0xAC00
        val tail = index % 28
        val letters = listOf(0x1100 + index / (28 * 21), 0x1161 + index / 28 % 21)
        return if (tail == 0) letters else letters + (0x11A7 + tail)
    }
}
