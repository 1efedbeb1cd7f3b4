"""Ablation: the full system compared with itself with one part changed at a time."""
