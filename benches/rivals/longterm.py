"""Stores records and searches them with one rival of the long-term memory, with vectors of ours.

usage: longterm.py chromadb|lancedb|mem0 INPUT DIRECTORY
INPUT has a record a line, {"id", "text", "user", "vector"}, then questions, {"question", "user",
"vector"}. Prints {"version", "records", "synced", "store_ms", "search_ms": {"p50", "p95"}}, where
`store_ms` is a median and `synced` says whether it is on disk when a store answers, or {"missing":
why}.
"""

import json
import os
import sys
import time

# What strace shows of a store: chromadb commits two transactions of SQLite, mem0 those and two of
# its history; lancedb syncs nothing.
SYNCED = {"chromadb", "mem0"}


def chromadb(directory):
    import chromadb as library

    client = library.PersistentClient(path=directory)
    table = client.create_collection("records", metadata={"hnsw:space": "ip"})

    def store(records):
        table.add(
            ids=[record["id"] for record in records],
            documents=[record["text"] for record in records],
            embeddings=[record["vector"] for record in records],
            metadatas=[{"user": record["user"]} for record in records],
        )

    def search(question):
        found = table.query(
            query_embeddings=[question["vector"]], n_results=10, where={"user": question["user"]}
        )
        return found["ids"][0]

    return library.__version__, store, lambda: None, search


def lancedb(directory):
    import lancedb as library
    import numpy
    from lancedb.index import FTS

    database = library.connect(directory)
    table = None

    def store(records):
        nonlocal table
        rows = [
            {
                "id": record["id"],
                "text": record["text"],
                "owner": record["user"],
                "vector": numpy.array(record["vector"], "float32"),
            }
            for record in records
        ]
        if table is None:
            table = database.create_table("records", rows)
        else:
            table.add(rows)

    def finish():
        table.create_index("text", config=FTS())
        table.optimize()

    def search(question):
        query = table.search(query_type="hybrid").vector(question["vector"])
        query = query.text(question["question"])
        query = query.where(f"owner = '{question['user']}'", prefilter=True)
        return [row["id"] for row in query.limit(10).to_list()]

    return library.__version__, store, finish, search


def mem0(directory):
    os.environ["MEM0_TELEMETRY"] = "False"
    os.environ["MEM0_DIR"] = directory
    os.environ.setdefault("OPENAI_API_KEY", "none: nothing is asked")
    from importlib.metadata import version

    from mem0 import Memory

    path = os.path.join(directory, "vectors")
    memory = Memory.from_config(
        {
            "vector_store": {"provider": "chroma", "config": {"path": path}},
            "history_db_path": os.path.join(directory, "history.db"),
        }
    )
    vectors = {}
    memory.embedding_model.embed = lambda text, *_, **__: vectors[text]

    def store(records):
        for record in records:
            vectors[record["text"]] = record["vector"]
            memory.add(record["text"], user_id=record["user"], infer=False)

    def search(question):
        vectors[question["question"]] = question["vector"]
        whose = {"user_id": question["user"]}
        found = memory.search(question["question"], top_k=10, filters=whose)
        return [row["id"] for row in found["results"]]

    return version("mem0ai"), store, lambda: None, search


def millis(work, *arguments):
    began = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - began) * 1e3


def main(name, path, directory):
    with open(path, encoding="utf-8") as lines:
        lines = [json.loads(line) for line in lines]
    records = [line for line in lines if "id" in line]
    questions = [line for line in lines if "question" in line]
    rivals = {"chromadb": chromadb, "lancedb": lancedb, "mem0": mem0}
    try:
        version, store, finish, search = rivals[name](directory)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return
    # The last hundred one by one; mem0 knows no batches, so it gets no more than a few.
    batch, single = records[:-100], records[-100:]
    if name == "mem0":
        batch = batch[:1000]
    for start in range(0, len(batch), 1000):
        store(batch[start : start + 1000])
    store_ms = sorted(millis(store, [record]) for record in single)
    finish()

    def ask(question):
        assert search(question), "nothing was found"

    ask(questions[0])
    search_ms = sorted(millis(ask, question) for question in questions)
    quantile = lambda sorted_ms, share: sorted_ms[int((len(sorted_ms) - 1) * share)]
    print(
        json.dumps(
            {
                "version": version,
                "records": len(batch) + len(single),
                "synced": name in SYNCED,
                "store_ms": quantile(store_ms, 0.5),
                "search_ms": {"p50": quantile(search_ms, 0.5), "p95": quantile(search_ms, 0.95)},
            }
        )
    )


main(*sys.argv[1:])
sys.stdout.flush()
# mem0 waits for minutes here to tell its maker about it, also where that is switched off.
os._exit(0)
