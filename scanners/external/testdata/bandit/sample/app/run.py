"""A program with mistakes in it, made up for a test."""
import hashlib
import subprocess
import tempfile

password = "correct horse battery"


def start(name):
    subprocess.call("ls " + name, shell=True)
    return hashlib.md5(
        name.encode(),
    ).hexdigest()


def place():
    name = "über"; return eval(name), tempfile.mktemp()


def known():
    return eval("1")  # nosec B307
