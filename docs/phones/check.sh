#!/usr/bin/env bash
# Compiles the Kotlin tokenizer and checks it against folders of vectors (default: the example beside this script).
#
#     apt-get install kotlin
#     bigmodel-edge model.tflite --vectors vectors && docs/phones/check.sh vectors
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! command -v kotlinc > /dev/null; then
    echo "There is no kotlinc. Install Kotlin, on Debian: apt-get install kotlin" >&2
    exit 2
fi
[ $# -gt 0 ] || set -- "$here/example"
classes="$(mktemp -d)"
trap 'rm -rf "$classes"' EXIT
kotlinc "$here/WordPieceTokenizer.kt" "$here/CheckVectors.kt" -d "$classes" 2> >(grep -v "Xverify:none" >&2)
kotlin -classpath "$classes" CheckVectorsKt "$@"
