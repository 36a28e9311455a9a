"""Bodies of documents 001 and 004 by libraries of their own: the JSON, XML and form of Python, the BSON of PyMongo."""

import json
import urllib.parse
import xml.etree.ElementTree as ElementTree

import bson
from bson.codec_options import CodecOptions
from bson.int64 import Int64

CONTRACTS = "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer"
RESULT = f"{{{CONTRACTS}}}"
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
ROOTS = {
    "tour": (f"{CONTRACTS}.Tour.V5.Parm.WebInterface", "NewPasswordWithVerifyCodeParm"),
    "flowmeter": (f"{CONTRACTS}.Flowmeter", "AgentResetPwdParm"),
    "flowmeter.dosimeter": (f"{CONTRACTS}.Dosimeter", "AgentResetPwdParm"),
}


def xml(which):
    namespace, root = ROOTS[which]

    def write(members):
        element = ElementTree.Element(f"{{{namespace}}}{root}")
        # As the original's serializer writes them: in the order of the alphabet.
        for name in sorted(members):
            ElementTree.SubElement(element, f"{{{namespace}}}{name}").text = str(members[name])
        return ElementTree.tostring(element, encoding="utf-8")

    return write


def bson_with(number):
    def write(members):
        return bson.encode({name: number(value) if isinstance(value, int) else value for name, value in members.items()})

    return write


def writers(which):
    """(media type, writer) for every way to write a request."""
    return [
        ("application/json", lambda members: json.dumps(members).encode()),
        ("text/json", lambda members: json.dumps(members, ensure_ascii=True, indent=1).encode()),
        ("application/xml", xml(which)),
        ("text/xml; charset=utf-8", xml(which)),
        ("application/x-www-form-urlencoded", lambda members: urllib.parse.urlencode(members).encode()),
        ("application/bson", bson_with(Int64)),
        ("application/bson", bson_with(float)),
        ("application/bson", bson_with(lambda value: value if value >= 2**31 else int(value))),
    ]


def read(answer):
    """(names in their order, result as a dict) of an answer, by its own media type."""
    media = answer.headers["Content-Type"].split(";")[0]
    if media.endswith("/json"):
        result = json.loads(answer.body)
    elif media.endswith("/xml"):
        result = read_xml(answer.body)
    else:
        assert media == "application/bson", media
        result = bson.decode(answer.body, CodecOptions(tz_aware=True))
        assert "errcode" not in result or type(result["errcode"]) is int, "PyMongo reads int64 as Int64"
    return list(result), result


def read_xml(body):
    root = ElementTree.fromstring(body)
    if root.tag == "Error":
        return {child.tag: child.text if len(child) == 0 else {e.tag: [e.text] for e in child} for child in root}
    assert root.tag == f"{RESULT}CommonOperationResult", root.tag
    result = {}
    for child in root:
        assert child.tag.startswith(RESULT), child.tag
        name, nil = child.tag.removeprefix(RESULT), child.get(f"{INSTANCE}nil")
        result[name] = None if nil == "true" else child.text or ""
    return {**result, "errcode": int(result["errcode"])}
