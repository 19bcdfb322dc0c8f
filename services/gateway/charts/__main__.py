"""The process that draws: a request on its input, a picture on its output, until the input ends."""

from __future__ import annotations

import sys
from typing import BinaryIO

from core.contracts.ledger import CandlesShown, EquityShown
from services.gateway.charts.asking import DRAWN, FAILED, LENGTH, MISSING, Request, decode, framed


def drawn(request: Request) -> bytes:
    """The PNG."""
    from services.gateway.charts.compared import compared_figure
    from services.gateway.charts.look import png
    from services.gateway.charts.price import price_figure
    from services.gateway.charts.worth import worth_figure

    language, zone, title = request.language, request.zone, request.title
    match request.what:
        case EquityShown() as worth:
            return png(worth_figure(worth, language, zone, title))
        case CandlesShown() as candles:
            return png(price_figure(candles, language, zone, title))
        case judged:
            return png(compared_figure(judged, language, zone, title))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Draw until there is nothing more to read."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        payload = requests.read(LENGTH.unpack(head)[0])
        try:
            answer = DRAWN + drawn(decode(payload))
        except ModuleNotFoundError:
            answer = MISSING
        except Exception as error:  # noqa: BLE001 - the boundary of one picture
            answer = FAILED + f"{type(error).__name__}: {error}".encode()
        answers.write(framed(answer))
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
