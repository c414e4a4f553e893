"""A foreign client: calls all 24 compatible RPCs with stubs made from reflection alone.

    pip install grpcio grpcio-reflection
    python client.py 127.0.0.1:50053

It ends with 0 if every behaviour holds. `cargo xtask verify foreign` runs it.
"""

import json
import sys
import time
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "aios.memory.MemoryService"
COMPATIBLE = """
PushEvent GetRecentEvents UpdateMetric GetMetric GetSystemSnapshot StoreGoal UpdateGoal
GetActiveGoals StoreTask GetTasksForGoal StoreToolCall StoreDecision StorePattern FindPattern
UpdatePatternStats StoreAgentState GetAgentState SemanticSearch StoreProcedure StoreIncident
StoreConfigChange SearchKnowledge AddKnowledge AssembleContext
""".split()


class Client:
    """Calls RPCs by name. Fields are keyword arguments."""

    def __init__(self, address, metadata=()):
        self.channel = grpc.insecure_channel(address)
        self.metadata = metadata
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        self.service = pool.FindServiceByName(SERVICE)
        self.called = set()

    def __getattr__(self, name):
        method = self.service.FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)
        reply = message_factory.GetMessageClass(method.output_type)
        call = self.channel.unary_unary(
            f"/{SERVICE}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=reply.FromString,
        )

        def run(**fields):
            self.called.add(name)
            return call(request(**fields), timeout=30, metadata=self.metadata)

        return run


def refused(code, call, **fields):
    """Checks that a call fails with a code and says something."""
    try:
        call(**fields)
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} {error.details()}, expected {code}"
        assert error.details(), "no details"
        return
    raise AssertionError(f"{fields} was accepted, expected {code}")


def main(address):
    memory = Client(address)
    offered = {method.name for method in memory.service.methods}
    assert set(COMPATIBLE) <= offered, set(COMPATIBLE) - offered
    status = grpc.StatusCode
    run = uuid.uuid4().hex[:8]

    # Tier 0.
    memory.PushEvent(category="test", source=run, data_json=b'{"n": 1}')
    memory.PushEvent(category="alarm", source=run, critical=True)
    events = memory.GetRecentEvents(count=10, source=run).events
    assert len(events) == 2, events
    assert all(event.id and event.timestamp for event in events)
    assert len(memory.GetRecentEvents(count=10, source=run, category="alarm").events) == 1
    refused(status.INVALID_ARGUMENT, memory.PushEvent, category="x", source=run, data_json=b"{")
    refused(status.INVALID_ARGUMENT, memory.GetRecentEvents, count=-1)
    memory.UpdateMetric(key=f"cpu.{run}", value=0.5)
    metric = memory.GetMetric(key=f"cpu.{run}")
    assert metric.value == 0.5 and abs(metric.timestamp - time.time()) < 60
    refused(status.NOT_FOUND, memory.GetMetric, key="never")
    snapshot = memory.GetSystemSnapshot()
    assert 0 < snapshot.memory_total_mb and 0 < snapshot.disk_total_gb

    # Tier 1.
    goal, task = f"goal-{run}", f"task-{run}"
    memory.StoreGoal(id=goal, description=f"Ship the release {run}", status="active", priority=3)
    memory.StoreTask(id=task, goal_id=goal, description="Write the notes", status="pending")
    assert goal in [it.id for it in memory.GetActiveGoals().goals]
    assert [it.id for it in memory.GetTasksForGoal(goal_id=goal).tasks] == [task]
    memory.UpdateGoal(id=goal, status="completed", result="shipped")
    assert goal not in [it.id for it in memory.GetActiveGoals().goals]
    refused(status.NOT_FOUND, memory.UpdateGoal, id="never", status="completed")
    memory.StoreToolCall(task_id=task, tool_name="git", success=True, duration_ms=12)
    memory.StoreDecision(context="Which port?", chosen="5433", reasoning="5432 is taken")
    pattern = f"pattern-{run}"
    memory.StorePattern(id=pattern, trigger=f"disk {run} full", action="rotate logs",
                        success_rate=0.9, uses=10)
    found = memory.FindPattern(trigger=f"disk {run} full", min_success_rate=0.5)
    assert found.found and found.pattern.id == pattern, found
    assert not memory.FindPattern(trigger="quite another thing", min_success_rate=0.99).found
    memory.UpdatePatternStats(id=pattern, success=True)
    refused(status.NOT_FOUND, memory.UpdatePatternStats, id="never", success=True)
    memory.StoreAgentState(agent_name=f"agent-{run}", state_json=b'{"step": 4}')
    state = memory.GetAgentState(agent_name=f"agent-{run}")
    assert json.loads(state.state_json) == {"step": 4} and state.updated_at
    refused(status.NOT_FOUND, memory.GetAgentState, agent_name="never")

    # Tier 2.
    memory.StoreProcedure(name=f"Deploy {run}", description="How to deploy",
                          steps_json=b'["a", "b"]', tags=["ops"])
    memory.StoreIncident(description=f"The disk of {run} was full", root_cause="logs",
                         resolution="rotated")
    memory.StoreConfigChange(file_path=f"/etc/{run}.conf", content="port = 5433",
                             changed_by="ada", reason="5432 is taken")
    memory.AddKnowledge(title=f"Ports of {run}", source="wiki", tags=["database"],
                        content=f"The staging database of {run} uses 5433.")
    hits = memory.SearchKnowledge(query=f"staging database {run} port").results
    assert hits and run in hits[0].content and 0 < hits[0].relevance <= 1, hits
    json.loads(hits[0].metadata_json)
    everywhere = memory.SemanticSearch(query=f"disk of {run}", n_results=0, collections=[])
    assert everywhere.results
    some = memory.SemanticSearch(query=run, n_results=3, collections=["incidents"])
    assert all(hit.collection.startswith("incident") for hit in some.results), some
    assert len(some.results) <= 3
    assert all(0.3 <= hit.relevance for hit in
               memory.SemanticSearch(query=run, min_relevance=0.3).results)
    refused(status.INVALID_ARGUMENT, memory.SemanticSearch, query=run, collections=["nonsense"])
    refused(status.INVALID_ARGUMENT, memory.SemanticSearch, query=run, n_results=-1)
    refused(status.INVALID_ARGUMENT, memory.SemanticSearch, query=run, min_relevance=1.5)

    # Contexts.
    for tiers in [[], ["long_term"], ["long-term", "LongTerm"], ["operational", "working"]]:
        for budget in [50, 300]:
            context = memory.AssembleContext(task_description=f"connect to {run}",
                                             max_tokens=budget, memory_tiers=tiers)
            assert context.total_tokens <= budget
            assert sum(chunk.tokens for chunk in context.chunks) <= budget
    refused(status.INVALID_ARGUMENT, memory.AssembleContext, task_description="x",
            memory_tiers=["nowhere"])

    missing = set(COMPATIBLE) - memory.called
    assert not missing, missing
    print(f"{len(COMPATIBLE)} RPCs answered as they should")


if __name__ == "__main__":
    main(sys.argv[1])
