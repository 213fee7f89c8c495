class StackError(Exception):
    """Something a person can put right: the sentence is shown as it is, without a traceback."""
