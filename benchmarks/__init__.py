"""Timings, and the certificate: how often each test rejects when nothing happened, and when something did."""
