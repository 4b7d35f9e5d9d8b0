"""XMP packets: take what is harmless from the source's packet, add the label, never trust the rest."""

import json
import re
from xml.dom import minidom

from pinxit.picture.label import EditLabel

_X = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_AIGC = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_LARGEST = 256 * 1024
LONGEST = 60_000
"""Most bytes of a packet that is written; a JPEG holds 65,502 in one piece."""
_DEEPEST = 32

# Namespaces of which everything, or the named entries only, may stay.
_HARMLESS: dict[str, frozenset[str] | None] = {
    "http://purl.org/dc/elements/1.1/": None,
    "http://ns.adobe.com/xap/1.0/rights/": None,
    "http://ns.useplus.org/ldf/xmp/1.0/": None,
    "http://creativecommons.org/ns#": None,
    "http://ns.google.com/photos/1.0/panorama/": None,
    "http://ns.adobe.com/xap/1.0/": frozenset(
        {"CreateDate", "ModifyDate", "MetadataDate", "CreatorTool", "Rating", "Label"}
    ),
    "http://ns.adobe.com/photoshop/1.0/": frozenset(
        {"DateCreated", "Headline", "Credit", "Source", "AuthorsPosition", "CaptionWriter", "Instructions"}
    ),
    _IPTC_CORE: frozenset({"AltTextAccessibility", "ExtDescrAccessibility", "IntellectualGenre", "Scene"}),
    _IPTC_EXT: frozenset({"DigitalSourceType"}),
    _AIGC: None,
}
# What speaks of the stored pixels and no longer holds, whatever the wish for privacy.
_STALE = {
    ("http://ns.adobe.com/tiff/1.0/", None),
    ("http://ns.adobe.com/hdr-gain-map/1.0/", None),
    ("http://ns.google.com/photos/1.0/container/", None),
    ("http://ns.google.com/photos/1.0/depthmap/", None),
    ("http://ns.adobe.com/xmp/note/", None),
    ("http://ns.adobe.com/xap/1.0/", "Thumbnails"),
    ("http://ns.adobe.com/exif/1.0/", "PixelXDimension"),
    ("http://ns.adobe.com/exif/1.0/", "PixelYDimension"),
}


def clean_xmp(packet: bytes | None, *, keep_private: bool = False) -> bytes | None:
    """Keep what may stay of a packet; None when there is none, or anything about it is odd.

    Args:
        packet: UTF-8 bytes as found in a file.
        keep_private: True drops only what no longer holds of the pixels; False keeps a list of harmless entries
            (title, author, rights, dates, rating, panorama, labels): no places, serial numbers or histories.
    """
    document = _parse(packet)
    if document is None or not _strip(document, keep_private):
        return None
    return _packed(document)


def labelled(packet: bytes | None, label: EditLabel | None, produce_id: str) -> bytes | None:
    """Add a label to a cleaned packet, or make a fresh one; without a label the packet comes back as it is.

    A source that calls itself wholly generated stays so when it is edited, and a maker whom its AIGC entry names stays
    named there.
    """
    if label is None:
        return packet
    document = _parse(packet) or _fresh()
    source_type, aigc = label.source_type, label.aigc(produce_id)
    old_type, old_aigc = _take(document, _IPTC_EXT, "DigitalSourceType"), _take(document, _AIGC, "AIGC")
    if old_type.endswith("/trainedAlgorithmicMedia"):
        source_type = old_type
    _append(document, source_type, passed_on(old_aigc, aigc))
    result = _packed(document)
    return result if len(result) <= LONGEST else labelled(None, label, produce_id)


def read_label(packet: bytes | None) -> tuple[str, dict[str, str]]:
    """The IPTC source type ("" for none) and the AIGC fields ({} for none) of a packet."""
    document = _parse(packet)
    if document is None:
        return "", {}
    return _take(document, _IPTC_EXT, "DigitalSourceType"), _fields(_take(document, _AIGC, "AIGC"))


def read_entries(packet: bytes | None, namespace: str) -> dict[str, str]:
    """Every plain entry of a namespace by its name, as text, whether written as attribute or as element."""
    document, found = _parse(packet), {}
    for description in _descriptions(document) if document is not None else ():
        for node in [*(description.attributes or {}).values(), *description.childNodes]:
            if node.namespaceURI == namespace:
                texts = [node.value] if node.nodeType == node.ATTRIBUTE_NODE else [x.data for x in _texts(node)]
                found[node.localName] = "".join(texts).strip()
    return found


def _texts(element: minidom.Element) -> list[minidom.Text]:
    return [node for node in element.childNodes if node.nodeType == node.TEXT_NODE]


def _parse(packet: bytes | None) -> minidom.Document | None:
    """The packet as a tree, or None: too large, another encoding, a document type or entities, too deep, no RDF."""
    if not packet or len(packet) > _LARGEST:
        return None
    packet = packet.strip(b"\0 \r\n\t").removeprefix(b"\xef\xbb\xbf")
    # Every '<!' but a comment's declares something: document types and entities are how XML bombs are built.
    if re.search(rb"<!(?!--)", packet) or re.search(rb"<\?xml[^>]*encoding=.(?!utf-8)", packet, re.IGNORECASE):
        return None
    try:
        packet.decode("utf-8")
        document = minidom.parseString(packet)
    except Exception:  # expat, Unicode and DOM errors alike mean an odd packet
        return None
    if _too_deep(document) or not document.getElementsByTagNameNS(_RDF, "RDF"):
        return None
    return document


def _too_deep(document: minidom.Document) -> bool:
    level, nodes = 0, [document.documentElement]
    while nodes and level <= _DEEPEST:
        nodes = [child for node in nodes for child in node.childNodes]
        level += 1
    return bool(nodes)


def _descriptions(document: minidom.Document) -> list[minidom.Element]:
    root = document.getElementsByTagNameNS(_RDF, "RDF")[0]
    return [node for node in root.childNodes if node.nodeType == node.ELEMENT_NODE]


def _stays(namespace: str | None, name: str, keep_private: bool) -> bool:
    if (namespace, None) in _STALE or (namespace, name) in _STALE:
        return False
    if keep_private:
        return True
    names = _HARMLESS.get(namespace or "", frozenset())
    return names is None or name in names


def _strip(document: minidom.Document, keep_private: bool) -> bool:
    """Remove what may not stay; tell whether anything is left."""
    left = False
    for description in _descriptions(document):
        for attribute in list((description.attributes or {}).values()):
            if attribute.namespaceURI in (_RDF, _XML, _XMLNS):
                continue
            if _stays(attribute.namespaceURI, attribute.localName, keep_private):
                left = True
            else:
                description.removeAttributeNode(attribute)
        for child in list(description.childNodes):
            element = child.nodeType == child.ELEMENT_NODE
            if element and _stays(child.namespaceURI, child.localName, keep_private):
                left = True
            else:
                description.removeChild(child)
    return left


def _take(document: minidom.Document, namespace: str, name: str) -> str:
    """Remove a property wherever it stands and give its (last) text."""
    text = ""
    for description in _descriptions(document):
        if description.hasAttributeNS(namespace, name):
            text = description.getAttributeNS(namespace, name)
            description.removeAttributeNS(namespace, name)
        for child in list(description.childNodes):
            if child.nodeType == child.ELEMENT_NODE and (child.namespaceURI, child.localName) == (namespace, name):
                text = "".join(node.data for node in child.childNodes if node.nodeType == node.TEXT_NODE)
                text = text or child.getAttributeNS(_RDF, "resource")
                description.removeChild(child)
    return text.strip()


def _append(document: minidom.Document, source_type: str, aigc: str) -> None:
    root = document.getElementsByTagNameNS(_RDF, "RDF")[0]
    description = document.createElementNS(_RDF, "rdf:Description")
    for prefix, address in (("rdf", _RDF), ("Iptc4xmpExt", _IPTC_EXT), ("TC260", _AIGC)):
        description.setAttribute(f"xmlns:{prefix}", address)
    description.setAttributeNS(_RDF, "rdf:about", "")
    for namespace, name, text in (
        (_IPTC_EXT, "Iptc4xmpExt:DigitalSourceType", source_type),
        (_AIGC, "TC260:AIGC", aigc),
    ):
        element = document.createElementNS(namespace, name)
        element.appendChild(document.createTextNode(text))
        description.appendChild(element)
    root.appendChild(description)


def passed_on(old: str, new: str) -> str:
    """The AIGC text for a result whose source had one: its maker stays the producer, we become the propagator."""
    before, ours = _fields(old), json.loads(new)
    if not before.get("ContentProducer") or before["ContentProducer"] == ours["ContentProducer"]:
        return new
    before |= {"ContentPropagator": ours["ContentProducer"], "PropagateID": ours["ProduceID"]}
    return json.dumps(before, ensure_ascii=False)


def _fields(text: str) -> dict[str, str]:
    try:
        fields = json.loads(text) if len(text) < 8192 else None
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in fields.items()} if isinstance(fields, dict) else {}


def _fresh() -> minidom.Document:
    return minidom.parseString(f'<x:xmpmeta xmlns:x="{_X}"><rdf:RDF xmlns:rdf="{_RDF}"/></x:xmpmeta>')


def _packed(document: minidom.Document) -> bytes:
    root = document.documentElement.toxml()
    # Plain quotes are as good in an element's text, and simple scanners look for them.
    root = re.sub(r"(<TC260:AIGC>)([^<]*)", lambda found: found[1] + found[2].replace("&quot;", '"'), root)
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{root}<?xpacket end="w"?>'.encode()
