"""Writes messages to a working memory with aiosqlite, one commit per call.

usage: aiosqlite_writes.py DATABASE TEXTS    (TEXTS has one message a line)
Prints {"aiosqlite": version, "seconds": n}; starting up and opening is not counted.
"""

import asyncio
import json
import sys
import time
import uuid

import aiosqlite


async def add(db, text):
    now = time.time_ns() // 1000
    row_id = str(uuid.uuid4())
    await db.execute(
        "INSERT OR IGNORE INTO sessions (id, owner, last_active, message_count, scope_session,"
        " module, importance, created_at, updated_at, recorded_at)"
        " VALUES ('s', '', ?1, 0, 's', 'bench', 0.5, ?1, ?1, ?1)",
        (now,),
    )
    await db.execute(
        "UPDATE sessions SET message_count = message_count + 1, last_active = ?1, updated_at = ?1"
        " WHERE id = 's' AND owner = ''",
        (now,),
    )
    cursor = await db.execute(
        "INSERT INTO messages (id, owner, position, role, content, timestamp, metadata,"
        " scope_session, session_row, module, importance, created_at, updated_at, recorded_at)"
        " SELECT ?1, '', message_count, 'user', ?2, ?3, 'null', 's', row, 'bench', 0.5, ?3, ?3, ?3"
        " FROM sessions WHERE id = 's' AND owner = ''",
        (row_id, text, now),
    )
    await db.execute(
        "INSERT INTO search (rowid, text) VALUES (?, ?)", (cursor.lastrowid << 5 | 7, text)
    )
    await db.execute(
        "INSERT INTO feed (kind, id, op, owner) VALUES ('message', ?, 'upsert', '')", (row_id,)
    )
    await db.commit()


async def main(database, texts):
    with open(texts, encoding="utf-8") as lines:
        texts = lines.read().splitlines()
    async with aiosqlite.connect(database) as db:
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA synchronous = FULL")
        await db.execute("PRAGMA cache_size = -8192")
        began = time.perf_counter()
        for text in texts:
            await add(db, text)
        seconds = time.perf_counter() - began
    print(json.dumps({"aiosqlite": aiosqlite.__version__, "seconds": seconds}))


asyncio.run(main(*sys.argv[1:]))
