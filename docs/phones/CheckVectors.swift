// Checks WordPieceTokenizer.swift against folders that `bigmodel-edge model.tflite --vectors FOLDER` wrote:
//
//     swiftc WordPieceTokenizer.swift CheckVectors.swift -o check_vectors && ./check_vectors FOLDER

import Foundation

struct Vectors: Decodable {
    let format: Int
    let settings: Settings
    let vectors: [Vector]
}

struct Settings: Decodable {
    let unknownToken: String
    let maxCharactersPerWord, maxLength: Int
    let addedTokens: [AddedToken]?
}

struct Vector: Decodable {
    let text: String
    let textPair: String?
    let tokenIds: [Int32]
    let segmentIds: [Int32]?
    let spans: [[Int]]
}

@main
struct CheckVectors {
    static func main() throws {
        let folders = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
        var allAgree = !folders.isEmpty
        for folder in folders {
            let doesAgree = try agrees(folder)
            allAgree = allAgree && doesAgree
        }
        exit(allAgree ? 0 : 1)
    }

    /// Compares the ids, segments and spans of all vectors of a folder, and prints those that differ.
    static func agrees(_ folder: URL) throws -> Bool {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: folder.appendingPathComponent("edge_vectors.json"))
        let content = try decoder.decode(Vectors.self, from: data)
        precondition(content.format == 1, "edge_vectors.json has format \(content.format); this program knows 1.")
        let settings = content.settings
        let tokenizer = try WordPieceTokenizer(
            vocabulary: String(contentsOf: folder.appendingPathComponent("vocab.txt"), encoding: .utf8),
            characters: String(contentsOf: folder.appendingPathComponent("characters.txt"), encoding: .utf8),
            unknownToken: settings.unknownToken, maxCharactersPerWord: settings.maxCharactersPerWord,
            addedTokens: settings.addedTokens ?? [])
        var agreeing = 0
        for vector in content.vectors {
            let row = try tokenizer.encode(vector.text, maxLength: settings.maxLength, pair: vector.textPair)
            let spans = row.tokens.map { [$0.start, $0.end] }
            let segments = vector.segmentIds ?? row.segmentIds.map { _ in 0 }
            if row.tokenIds == vector.tokenIds && row.segmentIds == segments && spans == vector.spans {
                agreeing += 1
            } else {
                print("DIFFERS  \(vector.text) | \(vector.textPair ?? "")")
                print("  wanted \(vector.tokenIds) \(vector.spans)\n  found  \(row.tokenIds) \(spans)")
            }
        }
        print("\(folder.path): \(agreeing) of \(content.vectors.count) texts agree")
        return agreeing == content.vectors.count && agreeing > 0
    }
}
