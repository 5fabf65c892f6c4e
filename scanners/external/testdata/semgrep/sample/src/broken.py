def fine():
    print(1)

def broken(:
    ???
