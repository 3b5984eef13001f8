"""Coded findings: what each kind of finding means, and those made of one data set. Imports nothing of choosing.

Codes are never given to something else later.
"""
