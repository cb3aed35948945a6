"""Health certificates: decodes and checks QR codes step by step, in every dialect in use; knows no
trust list.
"""
