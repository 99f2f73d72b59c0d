// BERT's WordPiece tokenizer, with the ids of keras_bigmodel's mode "exact". No dependencies; Swift 5.1 or later.
// The phone's Unicode version does not matter: characters.txt has what it needs. CheckVectors.swift checks this file.

/// A token, and the Unicode scalars from `start` to before `end` of the text that it came from (none: a special token).
struct Token {
    let id, start, end: Int
}

/// A token that was added to the vocabulary, as "added_tokens" in edge_vectors.json lists it.
struct AddedToken: Decodable {
    let content: String
    let normalized, isPiece: Bool
}

/// The inputs of the model for one text or one pair of texts.
struct Row {
    let tokens: [Token]
    let segmentIds: [Int32]
    var tokenIds: [Int32] { return tokens.map { Int32($0.id) } }
    var paddingMask: [Int32] { return tokens.map { _ in 1 } }
}

enum TokenizerError: Error {
    case missingToken(String), maxLengthTooShort(Int), unreadableCharacters(String)
}

/// Tokenizes texts.
struct WordPieceTokenizer {
    private let pieceIds: [[UInt32]: Int]  // not [String: Int]: canonically equivalent Strings are equal keys
    private let longestPiece, maxCharactersPerWord, unknownId, clsId, sepId: Int
    private let characters: Characters
    private let typed, cleaned: [Added]

    /// - Parameters:
    ///   - vocabulary: the contents of vocab.txt.
    ///   - characters: the contents of characters.txt.
    ///   - unknownToken, maxCharactersPerWord, addedTokens: the settings of the same names in edge_vectors.json.
    init(
        vocabulary: String, characters: String, unknownToken: String = "[UNK]", maxCharactersPerWord: Int = 100,
        addedTokens: [AddedToken] = []
    ) throws {
        let newline: Unicode.Scalar = "\n"
        var ids: [[UInt32]: Int] = [:]
        let lines = vocabulary.unicodeScalars.split(separator: newline, omittingEmptySubsequences: false)
        for (id, line) in lines.enumerated() where id < lines.count - 1 || !line.isEmpty {
            ids[line.map { $0.value }] = id
        }
        func id(of token: String) throws -> Int {
            guard let found = ids[codes(of: token)] else { throw TokenizerError.missingToken(token) }
            return found
        }
        func longestFirst(_ tokens: [AddedToken], _ written: ([Letter]) -> [Letter]) throws -> [Added] {
            let added = try tokens.map { token in
                try Added(codes: written(letters(of: token.content)).map { $0.code }, id: id(of: token.content))
            }
            return added.filter { !$0.codes.isEmpty }.sorted { $0.codes.count > $1.codes.count }
        }
        let table = try Characters(characters)
        typed = try longestFirst(addedTokens.filter { !$0.normalized }, { $0 })
        cleaned = try longestFirst(addedTokens.filter { $0.normalized }, { table.clean($0, separate: false) })
        unknownId = try id(of: unknownToken)
        clsId = try id(of: "[CLS]")
        sepId = try id(of: "[SEP]")
        for token in addedTokens where !token.isPiece { ids[codes(of: token.content)] = nil }
        pieceIds = ids
        longestPiece = ids.keys.map { $0.count }.max() ?? 0
        self.maxCharactersPerWord = maxCharactersPerWord
        self.characters = table
    }

    /// Returns the ids of a text, or of a text and its pair, between [CLS] and [SEP], and at most `maxLength` tokens.
    func encode(_ text: String, maxLength: Int, pair: String? = nil) throws -> Row {
        let room = maxLength - (pair == nil ? 2 : 3)
        guard room >= 0 else { throw TokenizerError.maxLengthTooShort(maxLength) }
        var first = tokenize(text)
        var second = pair == nil ? [] : tokenize(pair!)
        if first.count + second.count > room {  // the longer text is truncated first
            let shorter = min(first.count, second.count, room / 2)
            let firstIsLonger = first.count > second.count
            first = Array(first.prefix(firstIsLonger ? room - shorter : shorter))
            second = Array(second.prefix(firstIsLonger ? shorter : room - shorter))
        }
        var tokens = [Token(id: clsId, start: 0, end: 0)]
        tokens += first
        tokens.append(Token(id: sepId, start: 0, end: 0))
        var segmentIds = [Int32](repeating: 0, count: tokens.count)
        if pair != nil {
            tokens += second
            tokens.append(Token(id: sepId, start: 0, end: 0))
            segmentIds += [Int32](repeating: 1, count: second.count + 1)
        }
        return Row(tokens: tokens, segmentIds: segmentIds)
    }

    /// Returns the tokens of a text, without special tokens.
    func tokenize(_ text: String) -> [Token] {
        var tokens: [Token] = []
        for part in split(letters(of: text), at: typed) {
            let isWhole = part.addedId != nil || cleaned.isEmpty
            let rests = isWhole ? [part] : split(characters.clean(part.letters, separate: false), at: cleaned)
            for rest in rests {
                if let id = rest.addedId {
                    tokens.append(token(id, rest.letters))
                } else {
                    let text = characters.clean(rest.letters, separate: true)
                    for word in text.split(whereSeparator: { $0.code == space }) { tokens += pieces(of: Array(word)) }
                }
            }
        }
        return tokens
    }

    /// Returns the longest pieces from the left of a word, or the unknown token if one cannot be found.
    private func pieces(of word: [Letter]) -> [Token] {
        let unknown = [token(unknownId, word)]
        guard word.count <= maxCharactersPerWord else { return unknown }
        var tokens: [Token] = []
        var start = 0
        while start < word.count {
            var end = min(word.count, start + longestPiece)
            var found: Int?
            while end > start && found == nil {
                let prefix: [UInt32] = start == 0 ? [] : [0x23, 0x23]  // ##
                found = pieceIds[prefix + word[start..<end].map { $0.code }]
                if found == nil { end -= 1 }
            }
            guard let id = found else { return unknown }
            tokens.append(token(id, Array(word[start..<end])))
            start = end
        }
        return tokens
    }

    /// Splits a text at its added tokens: the leftmost, and the longest of those.
    private func split(_ text: [Letter], at added: [Added]) -> [Part] {
        var parts: [Part] = []
        var start = 0
        var at = 0
        while at < text.count {
            if let found = added.first(where: { $0.begins(text, at: at) }) {
                parts.append(Part(letters: Array(text[start..<at]), addedId: nil))
                start = at + found.codes.count
                parts.append(Part(letters: Array(text[at..<start]), addedId: found.id))
                at = start
            } else {
                at += 1
            }
        }
        parts.append(Part(letters: Array(text[start...]), addedId: nil))
        return parts
    }
}

private let space: UInt32 = 0x20

/// A Unicode scalar, and the place in the text as typed that it came from.
private struct Letter {
    let code: UInt32
    let origin: Int
}

private struct Part {
    let letters: [Letter]
    let addedId: Int?
}

private struct Added {
    let codes: [UInt32]
    let id: Int

    func begins(_ text: [Letter], at start: Int) -> Bool {
        return start + codes.count <= text.count && codes.indices.allSatisfy { text[start + $0].code == codes[$0] }
    }
}

private func codes(of text: String) -> [UInt32] {
    return text.unicodeScalars.map { $0.value }
}

private func letters(of text: String) -> [Letter] {
    return codes(of: text).enumerated().map { Letter(code: $0.element, origin: $0.offset) }
}

private func token(_ id: Int, _ letters: [Letter]) -> Token {
    return Token(id: id, start: letters[0].origin, end: letters[letters.count - 1].origin + 1)
}

/// What becomes of each character. The header of characters.txt explains its lines.
private struct Characters {
    private struct Rule {
        let first, last: UInt32
        let action: String
        let target: [String]
    }

    private let rules: [Rule]

    init(_ lines: String) throws {
        var rules: [Rule] = []
        for line in lines.split(whereSeparator: { $0.isNewline }) where !line.hasPrefix("#") {
            let columns = line.split(separator: " ").map { String($0) }
            guard columns.count > 2,
                let first = UInt32(columns[0], radix: 16), let last = UInt32(columns[1], radix: 16),
                ["drop", "space", "word", "letters", "hangul"].contains(columns[2])
            else { throw TokenizerError.unreadableCharacters(String(line)) }
            rules.append(Rule(first: first, last: last, action: columns[2], target: Array(columns[3...])))
        }
        self.rules = rules
    }

    /// Returns what replaces a text; if `separate`, words of their own stand between spaces.
    func clean(_ text: [Letter], separate: Bool) -> [Letter] {
        return text.flatMap { letter in
            replacement(letter.code, separate).map { Letter(code: $0, origin: letter.origin) }
        }
    }

    private func replacement(_ code: UInt32, _ separate: Bool) -> [UInt32] {
        var low = 0
        var high = rules.count
        while low < high {
            let middle = (low + high) / 2
            if rules[middle].last < code { low = middle + 1 } else { high = middle }
        }
        guard low < rules.count, rules[low].first <= code else { return [code] }
        let target = rules[low].target.map { written(code, $0) }
        switch rules[low].action {
        case "space": return [space]
        case "hangul": return hangul(code)
        case "word": return separate ? [space] + target + [space] : target
        default: return target  // "letters"; "drop" has no target
        }
    }

    private func written(_ code: UInt32, _ target: String) -> UInt32 {
        let number = Int(target, radix: 16)!  // also of "+20" and "-20"
        return UInt32(target.hasPrefix("+") || target.hasPrefix("-") ? Int(code) + number : number)
    }

    private func hangul(_ code: UInt32) -> [UInt32] {
        let index = code - 0xAC00
        let letters: [UInt32] = [0x1100 + index / (28 * 21), 0x1161 + index / 28 % 21]
        return index % 28 == 0 ? letters : letters + [0x11A7 + index % 28]
    }
}
