"""Defines the colours of the plots and the CSS variables that replace them on the page.

Blue and orange are distinguishable with every kind of colour blindness (Okabe and Ito, 2008).
"""

INK = "#1b2430"
MUTED = "#5a6573"
LINE = "#dde2e8"
PAPER = "#ffffff"
FIRST = "#0b62a8"
SECOND = "#bb4c05"
THIRD = "#6b7787"
SERIES = (FIRST, SECOND, "#1f8a70", "#a2438e", "#7a6a00", "#4a7fb8")  # for up to six curves

# From low to high values. Correct predictions are blue, errors are orange.
RIGHT = ("#eaf1f8", "#cfe1f1", "#a5c8e4", "#6fa6d1", "#2f76ae", "#0b4f8a")
WRONG = ("#fdeedd", "#fbd6b0", "#f6b377", "#ec8b40", "#b9520d", "#8f3b04")

CSS_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    THIRD: "var(--series-third)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES)},
    **{colour: f"var(--right-{number})" for number, colour in enumerate(RIGHT)},
    **{colour: f"var(--wrong-{number})" for number, colour in enumerate(WRONG)},
}
