"""Embeds texts with ONNX Runtime, from the weights of a sentence-transformers directory.

usage: embedding.py MODEL_DIRECTORY [int8]
In fp32, or with weights of eight bits per channel (dynamic quantisation by ONNX Runtime itself).
Builds the graph of a BERT with ONNX Runtime's own fused operators, as its optimizer would, so that
nothing but the weights has to be there. Says {"version"} or {"missing": why}, then answers each
line on stdin, {"threads", "batch", "texts"}, with one on stdout, {"seconds", "vectors"}: the texts
are cut into tokens, sorted by length, computed in batches, pooled and brought to length 1.
"""

import json
import os
import sys
import tempfile
import time


def say(answer):
    print(json.dumps(answer), flush=True)


try:
    import numpy
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer
except ImportError as error:
    say({"missing": str(error)})
    sys.exit()


INPUT = "sentence_bert_config.json"


def read(directory, name, otherwise=None):
    """What a file of JSON says, or `otherwise` where it is not there."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        if otherwise is None:
            raise
        return otherwise


def beyond(directory, config, weights):
    """What of this model the graph below cannot do, or None."""
    pooling = next(m["path"] for m in read(directory, "modules.json") if "Pooling" in m["type"])
    modes = read(directory, os.path.join(pooling, "config.json")).items()
    modes = {mode for mode, chosen in modes if mode.startswith("pooling_mode_") and chosen}
    if modes != {"pooling_mode_mean_tokens"}:
        return f"pooling by {', '.join(sorted(modes))}"
    if config["model_type"] != "bert":
        return f"models of type {config['model_type']}"
    if config["hidden_act"] != "gelu":
        return f"the activation {config['hidden_act']}"
    if "embeddings.word_embeddings.weight" not in weights:
        return "tensors with a prefix to their names"
    if read(directory, INPUT, {}).get("do_lower_case"):
        return "texts that the tokenizer does not make lower case by itself"
    return None


def graph(config, weights):
    weights = {name: array.astype("float32") for name, array in weights.items()}
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def weight(name):
        return constant(name, weights[name])

    def node(kind, inputs, outputs, domain="com.microsoft", **attributes):
        nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def product(tokens, at):
        matrix = constant(f"{at}.transposed", weights[f"{at}.weight"].T)
        return node("MatMul", [tokens, matrix], [f"{at}.out"], domain="")

    epsilon = config.get("layer_norm_eps", 1e-12)

    def norm(tokens, skipped, bias, at):
        inputs = [tokens, skipped, weight(f"{at}.weight"), weight(f"{at}.bias"), weight(bias)]
        return node("SkipLayerNormalization", inputs, [f"{at}.out"], epsilon=epsilon)

    # Every token is of type 0: its row is part of every position.
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    positions = weights["embeddings.position_embeddings.weight"] + kind
    inputs = ["ids", "", weight("embeddings.word_embeddings.weight")]
    inputs += [constant("positions", positions), ""]
    inputs += [weight(f"embeddings.LayerNorm.{part}") for part in ["weight", "bias"]] + ["mask"]
    tokens = node("EmbedLayerNormalization", inputs, ["embedded", "lengths"], epsilon=epsilon)
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        own = [f"{at}.attention.self.{part}" for part in ["query", "key", "value"]]
        matrix = numpy.concatenate([weights[f"{part}.weight"].T for part in own], axis=1)
        bias = numpy.concatenate([weights[f"{part}.bias"] for part in own])
        inputs = [tokens, constant(f"{at}.matrix", matrix), constant(f"{at}.bias", bias), "lengths"]
        heads = config["num_attention_heads"]
        attended = node("Attention", inputs, [f"{at}.attended"], num_heads=heads)
        attended = product(attended, f"{at}.attention.output.dense")
        bias = f"{at}.attention.output.dense.bias"
        tokens = norm(attended, tokens, bias, f"{at}.attention.output.LayerNorm")
        wide = product(tokens, f"{at}.intermediate.dense")
        inputs = [wide, weight(f"{at}.intermediate.dense.bias")]
        wide = node("BiasGelu", inputs, [f"{at}.wide"])
        narrow = product(wide, f"{at}.output.dense")
        tokens = norm(narrow, tokens, f"{at}.output.dense.bias", f"{at}.output.LayerNorm")
    whole = helper.make_graph(
        nodes,
        "bert",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT32, ["texts", "length"]),
            helper.make_tensor_value_info("mask", TensorProto.INT32, ["texts", "length"]),
        ],
        [helper.make_tensor_value_info(tokens, TensorProto.FLOAT, ["texts", "length", "width"])],
        constants,
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(whole, opset_imports=versions, ir_version=8).SerializeToString()


def quantised(model):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as directory:
        fp32, int8 = (os.path.join(directory, name) for name in ["fp32.onnx", "int8.onnx"])
        with open(fp32, "wb") as file:
            file.write(model)
        quantize_dynamic(
            fp32,
            int8,
            ["MatMul", "Attention"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            # The types behind ONNX Runtime's own operators cannot be inferred.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        with open(int8, "rb") as file:
            return file.read()


def session(model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def embed(session, tokenizer, texts, batch):
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
    vectors = [None] * len(texts)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        length = len(encoded[part[-1]])
        ids = numpy.zeros((len(part), length), "int32")
        mask = numpy.zeros((len(part), length), "int32")
        for row, index in enumerate(part):
            ids[row, : len(encoded[index])] = encoded[index]
            mask[row, : len(encoded[index])] = 1
        tokens = session.run(None, {"ids": ids, "mask": mask})[0]
        pooled = numpy.einsum("nld,nl->nd", tokens, mask.astype("float32"))
        pooled /= numpy.linalg.norm(pooled, axis=1, keepdims=True)
        for row, index in enumerate(part):
            vectors[index] = pooled[row]
    return vectors


def main(directory, bits="fp32"):
    config = read(directory, "config.json")
    weights = load_file(os.path.join(directory, "model.safetensors"))
    why = beyond(directory, config, weights)
    if why:
        say({"missing": f"its graph is not made for {why}"})
        return
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.from_file(os.path.join(directory, "tokenizer.json"))
    tokenizer.no_padding()
    length = read(directory, INPUT, {}).get("max_seq_length")
    positions = config["max_position_embeddings"]
    tokenizer.enable_truncation(min(length or positions, positions))
    model = graph(config, weights)
    if bits == "int8":
        model = quantised(model)
    sessions = {}
    say({"version": onnxruntime.__version__})
    for line in sys.stdin:
        asked = json.loads(line)
        threads = asked["threads"]
        if threads not in sessions:
            sessions[threads] = session(model, threads)
        began = time.perf_counter()
        vectors = embed(sessions[threads], tokenizer, asked["texts"], asked["batch"])
        seconds = time.perf_counter() - began
        say({"seconds": seconds, "vectors": [[float(x) for x in row] for row in vectors]})


main(*sys.argv[1:])
