"""A track as a newcomer adds one: its file, and its texts in each language.

A client under test fetches a parcel from its inbox, and says which word stands in it.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from sandbox.findings import Finding
from sandbox.testbench.inbox import (
    Alteration,
    Field,
    Offer,
    OfferReply,
    OfferRequest,
    Peer,
    Proof,
    json_reply,
)
from sandbox.testbench.inputs import Input
from sandbox.testbench.script import Capture, Given, Script, Test, Track

PARCEL = Capture("GET", r"\$parcel", "Parcel", "GET /$parcel")
RECEIPT = Capture("GET", r"\$receipt", "Receipt", "GET /$receipt?word=…")
LETTER = Capture("POST", "Basic", "Letter", "POST /Basic")


def offer_parcel(request: OfferRequest) -> OfferReply:
    return json_reply({"word": request.inbox[-4:]})


def fetches_parcel(given: Given) -> Script:
    """The parcel is fetched (PCL-01)."""
    yield PARCEL


def reads_word(given: Given) -> Script:
    """The word of the parcel is told (PCL-02)."""
    parcel = yield PARCEL
    receipt = yield RECEIPT
    word = dict(parse_qsl(urlsplit(receipt.url).query)).get("word", "–")
    if word != parcel.json["word"]:
        key = "parcel.other_word"
        yield Finding(key, "error", key, where="word", clause="Parcel 1.0", found=word)


def arrives(given: Given) -> Script:
    """A letter arrives at the other system (PCL-03)."""
    yield LETTER


TRACK = Track(
    "parcel.receiver",
    "parcel",
    (
        Test("parcel.receiver.fetches_parcel", "PCL-01", "Parcel 1.0", fetches_parcel),
        Test("parcel.receiver.reads_word", "PCL-02", "Parcel 1.0", reads_word, takes=("colour",)),
    ),
    actor="parcel-receiver",
    awaits=(PARCEL, RECEIPT),
    inputs={"colour": Input("choice", ("red", "blue"))},
    offers=(Offer(PARCEL.place, offer_parcel, "$parcel"),),
    proofs=(Proof((Field("word", "parcel.word"),), place="$receipt"),),
    alterations=(
        Alteration("metadata", "colour", lambda body: body.replace(b'"active"', b'"retired"')),
    ),
)
BETWEEN_PEERS = Track(
    "parcel.post",
    "parcel",
    (Test("parcel.post.arrives", "PCL-03", "Parcel 1.0", arrives, needs=("depot",)),),
    actor="parcel-sender",
    awaits=(LETTER,),
    inputs={"depot": Input("alias")},
    peers=(Peer("depot", "parcel-depot", is_recipient=True),),
)
TEXTS = {
    "en": """
name = "Receiving parcels"
how = "Let your system fetch $parcel, then tell its word."
word = "Word of the parcel"
title.fetches_parcel = "Fetches the parcel"
title.reads_word = "Tells its word"
title.arrives = "Reaches the depot"
other_word.text = "The word is not {found}."
other_word.fix = "Tell the word as it stands in the parcel."

[into.actors]
parcel-receiver = "Parcel receiver (Parcel Receiver)"

[into.testbench.input]
colour = "Colour of the parcel"
depot = "alias of the depot"
""",
    "es": """
name = "Recibir paquetes"
how = "Haz que tu sistema traiga $parcel y di su palabra."
word = "Palabra del paquete"
title.fetches_parcel = "Trae el paquete"
title.reads_word = "Dice su palabra"
title.arrives = "Llega al depósito"
other_word.text = "La palabra no es {found}."
other_word.fix = "Di la palabra como está en el paquete."

[into.actors]
parcel-receiver = "Receptor de paquetes (Parcel Receiver)"

[into.testbench.input]
colour = "color del paquete"
depot = "alias del depósito"
""",
    "pt": """
name = "Receber pacotes"
how = "Faça seu sistema buscar $parcel e diga a palavra."
word = "Palavra do pacote"
title.fetches_parcel = "Busca o pacote"
title.reads_word = "Diz a palavra"
title.arrives = "Chega ao depósito"
other_word.text = "A palavra não é {found}."
other_word.fix = "Diga a palavra como está no pacote."

[into.actors]
parcel-receiver = "Receptor de pacotes (Parcel Receiver)"

[into.testbench.input]
colour = "cor do pacote"
depot = "alias do depósito"
""",
}
