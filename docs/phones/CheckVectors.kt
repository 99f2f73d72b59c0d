// Checks WordPieceTokenizer.kt against folders that `bigmodel-edge model.tflite --vectors FOLDER` wrote; see check.sh.

import java.io.File
import kotlin.system.exitProcess

fun main(folders: Array<String>) {
    val failed = folders.filter { !agrees(File(it)) }
    exitProcess(if (failed.isEmpty() && folders.isNotEmpty()) 0 else 1)
}

/** Compares the ids, segments and spans of all vectors of a folder, and prints the first that differ. */
private fun agrees(folder: File): Boolean {
    val content = Json(File(folder, "edge_vectors.json").readText()).value() as Map<*, *>
    check(content["format"] == 1) { "$folder has format ${content["format"]}; this program knows 1." }
    val settings = content["settings"] as Map<*, *>
    val tokenizer = WordPieceTokenizer(
        File(folder, "vocab.txt").readText(),
        File(folder, "characters.txt").readText(),
        unknownToken = settings["unknown_token"] as String,
        maxCharactersPerWord = settings["max_characters_per_word"] as Int,
        addedTokens = (settings["added_tokens"] as List<*>? ?: emptyList<Any>()).map { it as Map<*, *> }.map {
            AddedToken(it["content"] as String, it["normalized"] as Boolean, it["is_piece"] as Boolean)
        }
    )
    val vectors = (content["vectors"] as List<*>).map { it as Map<*, *> }
    val start = System.nanoTime()
    val differing = vectors.filter { vector ->
        val (text, pair) = listOf("text", "text_pair").map { vector[it] as String? }
        val row = tokenizer.encode(text!!, settings["max_length"] as Int, pair)
        val spans = row.tokens.map { listOf(it.start, it.end) }
        val segments = vector["segment_ids"] ?: row.tokens.map { 0 }
        val isEqual = row.tokenIds.toList() == vector["token_ids"] && row.segmentIds.toList() == segments
        (!isEqual || spans != vector["spans"]).also { if (it) show(vector, row.tokenIds.toList(), spans) }
    }
    val milliseconds = (System.nanoTime() - start) / 1_000_000
    println("$folder: ${vectors.size - differing.size} of ${vectors.size} texts agree ($milliseconds ms)")
    return differing.isEmpty() && vectors.isNotEmpty()
}

private var shown = 0

private fun show(vector: Map<*, *>, ids: List<Int>, spans: List<List<Int>>) {
    if (shown++ >= 3) return
    println("DIFFERS  ${vector["text"]} | ${vector["text_pair"]}")
    println("  wanted ${vector["token_ids"]} ${vector["spans"]}\n  found  $ids $spans")
}

/** Parses JSON: objects, lists, strings, whole numbers, booleans and null. On Android use org.json instead. */
private class Json(private val text: String) {
    private var at = 0

    fun value(): Any? {
        skipSpace()
        return when (text[at]) {
            '{' -> items('}') { (value() as String).also { skipSpace(); at++ } to value() }.toMap()
            '[' -> items(']') { value() }
            '"' -> string()
            else -> word()
        }
    }

    private fun <T> items(close: Char, item: () -> T): List<T> {
        val items = ArrayList<T>()
        at++
        skipSpace()
        while (text[at] != close) {
            items.add(item())
            skipSpace()
            if (text[at] == ',') at++
            skipSpace()
        }
        at++
        return items
    }

    private fun string(): String {
        val string = StringBuilder()
        at++
        while (text[at] != '"') {
            val letter = text[at++]
            if (letter != '\\') {
                string.append(letter)
                continue
            }
            when (val escaped = text[at++]) {
                'u' -> { string.append(text.substring(at, at + 4).toInt(16).toChar()); at += 4 }
                'n' -> string.append('\n')
                't' -> string.append('\t')
                'r' -> string.append('\r')
                'b' -> string.append('\b')
                'f' -> string.append('\u000c')
                else -> string.append(escaped)
            }
        }
        at++
        return string.toString()
    }

    private fun word(): Any? {
        val start = at
        while (at < text.length && text[at] !in ",]} \n") at++
        return when (val word = text.substring(start, at)) {
            "true" -> true
            "false" -> false
            "null" -> null
            else -> word.toInt()
        }
    }

    private fun skipSpace() {
        while (at < text.length && text[at] in " \n\r\t") at++
    }
}
