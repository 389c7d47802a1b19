"""JupyterLab as `make lab` opens it: what a learner's window holds, asked of a real server."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import tasks

pytest.importorskip("jupyterlab")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The settings in the page that JupyterLab opens with, and the addresses that it knows."""
    folder = tmp_path_factory.mktemp("lab")
    command, env = tasks.lab_command()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, *command[1:], "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=ours"]
    command[4] = str(folder)
    env |= {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:
        try:
            next(line for line in server.stderr if "Use Control-C" in line)
            # It says so a moment before it listens.
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/?token=ours") as answer:
                address, text = answer.url, answer.read().decode()
        finally:
            server.terminate()
            with contextlib.suppress(ValueError):
                server.stderr.read()
    settings = re.search(r'id="jupyter-config-data"[^>]*>\s*(\{.*?\})\s*</script>', text, re.S)
    return address, json.loads(settings[1])


def test_it_opens_at_the_page_to_start_from(page):
    assert "/lab/tree/start.ipynb" in page[0]
    assert page[1]["treePath"] == "start.ipynb"


def test_menus_of_instructors_and_questions_about_news_are_left_out(page):
    off = page[1]["disabledExtensions"]
    wanted = json.loads(Path(tasks.ROOT, "tools/lab/labconfig/page_config.json").read_text("utf-8"))
    assert set(wanted["disabledExtensions"]) <= set(off)
    loaded = {extension["name"] for extension in page[1]["federated_extensions"]}
    assert "@jupyter-widgets/jupyterlab-manager" in loaded - set(off)
