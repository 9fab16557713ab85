"""A real browser without a window, for tests of pages: Debian's Chromium with its driver."""

# Selenium types what its scripts take and give in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@contextmanager
def browser() -> Generator[Chrome]:
    """A browser for as long as the context lasts; the test skips where it is not installed."""
    if importlib.util.find_spec("selenium") is None:
        pytest.skip("selenium is not installed")
    program, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if program is None or driver is None:
        pytest.skip("Chromium and its driver are not installed: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    # It makes a socket in its temporary folder, whose path may have 107 bytes.
    with TemporaryDirectory(dir="/tmp") as folder:
        for argument in (*_ARGUMENTS, f"--user-data-dir={folder}/profile"):
            options.add_argument(argument)
        service = webdriver.ChromeService(driver, env={**os.environ, "TMPDIR": folder})
        window = webdriver.Chrome(options=options, service=service)
        try:
            yield window
        finally:
            window.quit()
