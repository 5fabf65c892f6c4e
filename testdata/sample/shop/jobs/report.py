"""Prints a stock report from the shop's API."""

import sys

import jinja2
import requests
import yaml

TEMPLATE = jinja2.Template("{% for item in items %}{{ item.name }}: {{ item.stock }}\n{% endfor %}")


def main(config_path):
    with open(config_path, encoding="utf-8") as config_file:
        config = yaml.safe_load(config_file)
    items = requests.get(config["api"] + "/stock", timeout=10).json()
    sys.stdout.write(TEMPLATE.render(items=items))


if __name__ == "__main__":
    main(sys.argv[1])
