"""XMP packets: what stays, what goes, and what is refused."""

import json
from xml.etree import ElementTree

import pytest

from pinxit.picture.label import EDITED, GENERATED, EditLabel
from pinxit.picture.xmp import LONGEST, clean_xmp, labelled, read_label

SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
}


def packet(attributes: str = "", children: str = "", before: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in SPACES.items())
    return (
        f'{before}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{children}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


PRIVATE = packet(
    'exif:GPSLatitude="48,8N" aux:SerialNumber="SN123" photoshop:City="Paris" photoshop:Headline="Rain"',
    "<dc:title>Street</dc:title><Iptc4xmpCore:Location>Rue X</Iptc4xmpCore:Location>"
    "<Iptc4xmpExt:LocationCreated>there</Iptc4xmpExt:LocationCreated>",
)


def test_private_entries_go_and_harmless_ones_stay() -> None:
    clean = clean_xmp(PRIVATE)
    assert clean and b"Street" in clean and b"Rain" in clean
    for word in (b"48,8N", b"SN123", b"Paris", b"Rue X", b"there"):
        assert word not in clean
    ElementTree.fromstring(clean)


def test_keep_private_drops_only_what_no_longer_holds() -> None:
    kept = clean_xmp(packet('tiff:Orientation="6" exif:GPSLatitude="48,8N"'), keep_private=True)
    assert kept and b"48,8N" in kept and b"Orientation" not in kept


@pytest.mark.parametrize(
    "odd",
    [
        None,
        b"",
        b"not xml",
        packet()[:-9],
        packet(before='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', children="<dc:title>&b;</dc:title>"),
        packet(before='<?xml version="1.0" encoding="utf-16"?>', children="<dc:title>a</dc:title>"),
        packet(children="<dc:title>a</dc:title>").decode().encode("utf-16"),
        packet(children="<dc:title>" + "<dc:x>" * 500 + "</dc:x>" * 500 + "</dc:title>"),
        packet(children="<dc:title>" + "a" * 300_000 + "</dc:title>"),
        b"<a/>",
    ],
)
def test_odd_packets_are_dropped_and_a_fresh_one_is_labelled(odd: bytes | None) -> None:
    assert clean_xmp(odd) is None
    result = labelled(odd, EDITED, "7")
    assert result and read_label(result)[0] == SOURCES + "compositeWithTrainedAlgorithmicMedia"


def test_label_is_merged_once_and_holds_the_json() -> None:
    result = labelled(labelled(clean_xmp(PRIVATE), EDITED, "1"), EDITED, "2")
    assert result and b"Street" in result and result.count(b"compositeWith") == 1
    root = ElementTree.fromstring(result)
    fields = json.loads(root.find(".//{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC").text)  # type: ignore
    assert fields["Label"] == "1" and fields["ContentProducer"] == "pinxit" and fields["ProduceID"] == "2"
    assert b'<TC260:AIGC>{"Label"' in result


def test_generated_label_stays_when_it_is_edited() -> None:
    generated = labelled(None, GENERATED, "1")
    assert read_label(generated)[0] == SOURCES + "trainedAlgorithmicMedia"
    assert read_label(labelled(generated, EDITED, "2"))[0] == SOURCES + "trainedAlgorithmicMedia"


def test_first_producer_stays_named() -> None:
    first = labelled(None, EditLabel(producer='A & "B" <C>', produce_id="x"), "")
    fields = read_label(labelled(first, EDITED, "y"))[1]
    assert fields["ContentProducer"] == 'A & "B" <C>' and fields["ProduceID"] == "x"
    assert fields["ContentPropagator"] == "pinxit" and fields["PropagateID"] == "y"


def test_long_packet_gives_way_to_a_short_one() -> None:
    clean = clean_xmp(packet(children="<dc:title>" + "a" * 70_000 + "</dc:title>"))
    assert clean
    result = labelled(clean, EDITED, "1")
    assert result and len(result) <= LONGEST and read_label(result)[0]


def test_no_label_leaves_the_packet() -> None:
    assert labelled(None, None, "") is None
    assert labelled(b"x", None, "") == b"x"
