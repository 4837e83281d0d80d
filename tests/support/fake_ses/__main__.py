"""`python -m tests.support.fake_ses [--port-file PATH]`: the stand-in in this process, until it is ended."""

from __future__ import annotations

import argparse
import asyncio

from tests.support.fake_ses.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-file", help="where to write the port it listens on")
    asyncio.run(serve(parser.parse_args().port_file))
