"""Computes figures on tables before training: lengths, scripts, repeated texts, conflicts. Plots nothing."""
