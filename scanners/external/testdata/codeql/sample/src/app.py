import subprocess


def handler(request):
    name = request.args["name"]
    return greet(name)


def greet(name):
    return subprocess.run("echo hello " + name, shell=True)
