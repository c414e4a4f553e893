"""Uses every tool over one transport, with the SDK of Python.

Arguments: `stdio PROGRAM ARGUMENT...` or `http URL`. The environment is passed to the program.
"""

import asyncio
import os
import sys

import mcp
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

TOOLS = ["context", "recall", "read", "remember", "forget"]


async def use(session):
    begun = await session.initialize()
    server = getattr(begun, "server_info", None) or begun.serverInfo
    assert server.name == "memory", begun
    listed = await session.list_tools()
    assert [tool.name for tool in listed.tools] == TOOLS, listed

    async def text(tool, arguments):
        result = await session.call_tool(tool, arguments)
        failed = getattr(result, "is_error", None)
        failed = result.isError if failed is None else failed
        assert not failed, result
        return result.content[0].text

    kettle = "The kettle of the Python client is blue."
    stored = await text("remember", {"text": kettle})
    key = stored.split()[1]
    assert await text("remember", {"text": kettle}) == f"known already as {key}"
    assert kettle in await text("recall", {"query": "kettle"})
    assert f"> {kettle}" in await text("read", {"ids": [key]})
    assert kettle in await text("context", {"task": "fill the kettle"})
    refused = await session.call_tool("recall", {"query": "kettle", "limit": 99})
    assert "`limit`" in refused.content[0].text, refused
    prompts = await session.list_prompts()
    assert [prompt.name for prompt in prompts.prompts] == ["remember", "handoff"], prompts
    await session.get_prompt("handoff")
    await session.list_resources()
    record = await session.read_resource(f"memory://{key}")
    assert kettle in record.contents[0].text, record
    assert await text("forget", {"ids": [key]}) == f"forgot 1 record: {key}"
    assert "kettle" not in await text("recall", {"query": "kettle"})


async def main(transport, arguments):
    if transport == "stdio":
        server = StdioServerParameters(
            command=arguments[0], args=arguments[1:], env=dict(os.environ)
        )
        streams = stdio_client(server)
    else:
        streams = streamable_http_client(arguments[0])
    async with streams as pipes, mcp.ClientSession(pipes[0], pipes[1]) as session:
        await use(session)
    print("every tool answered as it should")


asyncio.run(main(sys.argv[1], sys.argv[2:]))
