"""Tables of texts and labels: formats, headers, columns, labels. Knows files; no model."""
