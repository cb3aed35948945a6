"""The facilitator's desk: assignments of the course, what is handed in, its queue, marks, the
gradebook, feedback.
"""
