#!/usr/bin/env python3
"""Writes the files of tests/data/safetensors: those a reader must refuse, one for each reason, and
two that it must not. Needs nothing but Python. Run it in tests/data; it gives the same bytes
every time. Files whose name begins with "model_" are proper containers that hold no proper model.
"""

import json
import os
import struct

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "safetensors")


def write(name, content):
    with open(os.path.join(FOLDER, name + ".safetensors"), "wb") as file:
        file.write(content)


def raw(name, header, data=b"", length=None):
    """A file with this header, bytes or text, as it stands."""
    if isinstance(header, str):
        header = header.encode()
    write(name, struct.pack("<Q", len(header) if length is None else length) + header + data)


def tensor(shape=(2, 3), begin=0, end=24, dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def container(name, header, data=b"\0" * 24):
    raw(name, json.dumps(header, separators=(",", ":")), data)


def good_header():
    return {"__metadata__": {"k": "v"}, "x": tensor()}


def container_files():
    good = json.dumps(good_header(), separators=(",", ":"))
    data = struct.pack("<6f", *range(6))
    raw("good", good, data)

    write("empty", b"")
    write("seven_bytes", b"\x02\0\0\0\0\0\0")
    raw("header_empty", "", data)
    raw("header_over_limit", good, data, length=100_000_001)
    raw("header_over_our_limit", good, data, length=8_000_001)
    raw("header_length_huge", good, data, length=2**64 - 1)
    raw("header_past_end", good, b"", length=len(good) + 1)
    raw("not_utf8", good.encode().replace(b'"v"', b'"\xff"'), data)
    raw("not_utf8_overlong", good.encode().replace(b'"v"', b'"\xc0\xaf"'), data)
    raw("not_utf8_surrogate", good.replace('"v"', '"\\ud800"'), data)
    raw("nul_in_name", good.replace('"x"', '"x\\u0000y"'), data)
    raw("byte_order_mark", b"\xef\xbb\xbf" + good.encode(), data)
    raw("not_json", "{'x': 1}", data)
    raw("json_cut", good[:-1], data)
    raw("not_an_object_array", "[" + good + "]", data)
    raw("not_an_object_number", "1", data)
    raw("first_byte_space", " " + good, data)
    raw("trailing_junk", good + "x", data)
    raw("trailing_object", good + "{}", data)
    raw("trailing_newline", good + "\n", data)
    raw("trailing_nul", good + "\0", data)
    raw("deeply_nested", '{"x":' + "[" * 30_000 + "}", data)
    raw("deeply_nested_objects", '{"x":' * 20_000 + "}", data)

    x = json.dumps(tensor(), separators=(",", ":"))
    raw("repeated_tensor", '{"x":%s,"x":%s}' % (x, x), data)
    raw("repeated_tensor_escaped", '{"x":%s,"\\u0078":%s}' % (x, x), data)
    raw("repeated_field", '{"x":{"dtype":"F32","dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}',
        data)
    raw("repeated_metadata", '{"__metadata__":{"k":"v","k":"w"},"x":%s}' % x, data)
    raw("repeated_metadata_object", '{"__metadata__":{},"__metadata__":{},"x":%s}' % x, data)
    for kind, value in [("number", 1), ("null", None), ("array", ["v"]), ("object", {"a": "b"})]:
        container("metadata_value_" + kind, {"__metadata__": {"k": value}, "x": tensor()})
    container("metadata_not_an_object", {"__metadata__": "v", "x": tensor()})

    container("tensor_not_an_object", {"x": [1, 2]})
    container("field_unknown", {"x": tensor() | {"strides": [3, 1]}})
    for field in ["dtype", "shape", "data_offsets"]:
        without = tensor()
        del without[field]
        container("field_missing_" + field, {"x": without})
        container("field_misspelt_" + field, {"x": without | {field.upper(): tensor()[field]}})
    container("dtype_unknown", {"x": tensor(dtype="F33")})
    container("dtype_lower_case", {"x": tensor(dtype="f32")})
    container("dtype_number", {"x": tensor(dtype=32)})
    container("shape_not_a_list", {"x": tensor() | {"shape": 6}})
    container("shape_of_texts", {"x": tensor() | {"shape": ["2", "3"]}})
    container("shape_boolean", {"x": tensor((True, 6))})
    container("shape_rank_9", {"x": tensor((1,) * 7 + (2, 3))})
    container("shape_negative", {"x": tensor((-2, -3))})
    container("shape_fractional", {"x": tensor((2.0, 3.0))})
    container("shape_over_64_bits", {"x": tensor((2**64 + 2, 3))})
    container("shape_product_overflow", {"x": tensor((2**32, 2**32 + 1))})
    container("shape_product_overflow_zero", {"x": tensor((2**62, 2**62, 0), 0, 0)})
    container("shape_bytes_overflow", {"x": tensor((2**62,))})
    container("offsets_one", {"x": tensor() | {"data_offsets": [0]}})
    container("offsets_three", {"x": tensor() | {"data_offsets": [0, 24, 24]}})
    container("offset_negative", {"x": tensor(begin=-24, end=0)})
    container("offset_fractional", {"x": tensor(end=24.0)})
    raw("offset_exponent", '{"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24e0]}}', data)
    container("offset_over_64_bits", {"x": tensor(end=2**64 + 24)})
    container("offset_over_63_bits", {"x": tensor(begin=2**63, end=2**63 + 24)})
    container("end_before_begin", {"x": tensor(begin=24, end=0)})
    container("end_after_file", {"x": tensor()}, b"\0" * 23)
    container("size_not_shape", {"x": tensor((2, 2))}, data)
    container("size_not_dtype", {"x": tensor(dtype="F64")}, data)
    container("hole_first", {"x": tensor(begin=4, end=28)}, b"\0" * 28)
    container("hole_between", {"x": tensor(), "y": tensor(begin=28, end=52)}, b"\0" * 52)
    container("overlap", {"x": tensor(), "y": tensor(begin=20, end=44)}, b"\0" * 44)
    container("overlap_same", {"x": tensor(), "y": tensor()})
    container("bytes_after_last", {"x": tensor()}, b"\0" * 25)
    container("bytes_without_tensor", {}, b"\0")


def model_metadata():
    return {
        "format": "nnfs-model/1",
        "inputs": "3",
        "layers": '[{"width":4,"activation":"relu"},{"width":2,"activation":"softmax"}]',
        "loss": "cross_entropy",
        "note.data": "made by hand",
    }


def model_tensors():
    return {
        "layers.0.weight": ([4, 3], [0.125 * i - 0.5 for i in range(12)]),
        "layers.0.bias": ([4], [0.5, -0.25, 0.0, 1.0]),
        "layers.1.weight": ([2, 4], [0.25 * i - 1.0 for i in range(8)]),
        "layers.1.bias": ([2], [0.75, -0.75]),
    }


def model(name, metadata=None, tensors=None, dtype="F32"):
    header = {} if metadata == {} else {"__metadata__": metadata or model_metadata()}
    data = b""
    for key, (shape, values) in (tensors or model_tensors()).items():
        values = struct.pack("<%d%s" % (len(values), {"F32": "f", "F64": "d"}[dtype]), *values)
        header[key] = tensor(shape, len(data), len(data) + len(values), dtype)
        data += values
    container(name, header, data)


def without(entries, key):
    return {k: v for k, v in entries.items() if k != key}


def model_files():
    model("model_good")
    model("model_no_metadata", {})
    for key in ["format", "inputs", "layers", "loss"]:
        model("model_no_" + key, without(model_metadata(), key))
    layers = model_metadata()["layers"]
    for name, key, value in [
        ("format_other", "format", "nnfs-model/2"),
        ("inputs_zero", "inputs", "0"),
        ("inputs_negative", "inputs", "-3"),
        ("inputs_fractional", "inputs", "3.0"),
        ("inputs_huge", "inputs", "4294967299"),
        ("inputs_text", "inputs", '"3"'),
        ("inputs_junk", "inputs", "3 x"),
        ("layers_empty", "layers", "[]"),
        ("layers_not_json", "layers", layers[:-1]),
        ("layers_not_a_list", "layers", '{"width":4,"activation":"relu"}'),
        ("layers_of_numbers", "layers", "[4,2]"),
        ("layers_deeply_nested", "layers", "[" * 30_000),
        ("layers_extra_field", "layers", layers.replace('"width":4', '"width":4,"unknown":0')),
        ("layers_repeated_field", "layers", layers.replace('"width":4', '"width":4,"width":4')),
        ("width_missing", "layers", layers.replace('"width":4,', "")),
        ("width_zero", "layers", layers.replace("4", "0")),
        ("width_negative", "layers", layers.replace("4", "-4")),
        ("width_fractional", "layers", layers.replace("4", "4.5")),
        ("width_huge", "layers", layers.replace("4", "2147483647")),
        ("width_over_32_bits", "layers", layers.replace("4", "4294967300")),
        ("activation_unknown", "layers", layers.replace("relu", "rely")),
        ("activation_number", "layers", layers.replace('"relu"', "1")),
        ("softmax_hidden", "layers", layers.replace("relu", "softmax")),
        ("loss_unknown", "loss", "hinge"),
        ("loss_does_not_fit", "loss", "binary_cross_entropy"),
        ("layers_too_few", "layers", '[{"width":4,"activation":"softmax"}]'),
        ("layers_too_many", "layers", layers[:-1] + ',{"width":2,"activation":"softmax"}]'),
    ]:
        model("model_" + name, model_metadata() | {key: value})

    for key in model_tensors():
        plain = key.replace(".", "_")
        model("model_tensor_missing_" + plain, tensors=without(model_tensors(), key))
        shape, values = model_tensors()[key]
        for what, bad in [("nan", float("nan")), ("infinity", float("-inf"))]:
            spoilt = {key: (shape, values[:-1] + [bad])}
            model("model_%s_%s" % (what, plain), tensors=model_tensors() | spoilt)
    model("model_tensor_extra", tensors=model_tensors() | {"layers.2.bias": ([1], [0.0])})
    twelve = model_tensors()["layers.0.weight"][1]
    for name, shape in [("transposed", [3, 4]), ("flat", [12]), ("rank_3", [4, 3, 1])]:
        model("model_shape_" + name,
              tensors=model_tensors() | {"layers.0.weight": (shape, twelve)})
    model("model_shape_bias", tensors=model_tensors() | {"layers.1.bias": ([1, 2], [0.0, 0.0])})
    model("model_f64", dtype="F64")


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for old in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, old))
    container_files()
    model_files()
