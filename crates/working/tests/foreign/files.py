"""Runs file commands with the local memory tool of the Anthropic SDK.

Reads one JSON value a line: a command, or null to begin with no files. Answers each command with
{"outcome", "text"}; the outcome is "done", "refused" (an error with a text for the model) or
"broke" (another exception, which the SDK does not give a wording). Directories that became empty
are removed after each command.
"""

import json
import os
import sys
import tempfile

from anthropic.lib.tools import ToolError
from anthropic.tools import BetaLocalFilesystemMemoryTool


def new_tool(stack):
    if stack:
        stack.pop().cleanup()
    stack.append(tempfile.TemporaryDirectory())
    return BetaLocalFilesystemMemoryTool(os.path.join(stack[0].name, "base"))


def prune(root):
    for directory, _, _ in os.walk(root, topdown=False):
        if directory != str(root) and not os.listdir(directory):
            os.rmdir(directory)


def answer(tool, command):
    try:
        return {"outcome": "done", "text": tool.call(command)}
    except ToolError as error:
        return {"outcome": "refused", "text": str(error.content)}
    except Exception as error:  # The wording of these is Python's.
        return {"outcome": "broke", "text": repr(error)}


def main():
    stack = []
    tool = new_tool(stack)
    for line in sys.stdin:
        command = json.loads(line)
        if command is None:
            tool = new_tool(stack)
            continue
        said = answer(tool, command)
        prune(tool.memory_root)
        print(json.dumps(said), flush=True)
    stack.pop().cleanup()


main()
