password = "correct horse battery"


def place(given):
    name = "über"; eval(given)
    return eval(
        given
    )


def known(given):
    eval(given)  # nosemgrep: eval-of-something
    print(given)
