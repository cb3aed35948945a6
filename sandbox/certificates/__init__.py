"""Health certificates: what a QR code holds, step by step, in every dialect that is met; knows no
trust list.
"""
