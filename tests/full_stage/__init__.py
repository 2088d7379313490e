"""Twelve people on stage: Chromium pages and scripted publishers in one real lesson."""
