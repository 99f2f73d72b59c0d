"""What to know of tables before training on them: lengths, scripts, repeated texts, conflicts. Draws nothing."""
