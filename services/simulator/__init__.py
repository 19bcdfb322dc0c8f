"""A simulated exchange that speaks the Binance spot dialect on loopback. Start with `server.serve`.

settings.py     what one simulated exchange is made of
server.py       wires everything and serves it
console.py      `sorte sim`

sources.py      where prices come from: the Protocol
generator.py    a seeded market with regimes
replay.py       recorded bars played as a market
clock.py        market time
market.py       plays the moves when they are due
intervals.py    the lengths that bars may have
kept.py         what is kept over a restart, and how it lies on the disk
keeper.py       writes it
resuming.py     goes on from it
tape.py         trades, and the bars they make
book.py         the order book of one pair

orders.py       orders, fills and reports
balances.py     the account's money
filters.py      the rules an order's numbers must obey
stops.py        orders that wait for a price
fees.py         what a trade costs, and in which asset
account.py      the account: money, orders, trades, and who hears of their steps
accepting.py    which orders are accepted
depth.py        what an order would take from the book, and what that may cost
settlement.py   what a trade moves, fee included
matching.py     the matching engine

dialect.py      the table of operations: route, method, weight, security
market_data.py  public operations
trading.py      private operations
order_lists.py  pairs of orders of which one cancels the other
replacing.py    cancel and place in one request
venue.py        what answering a request may need
market_answers.py  the shapes of answers about the market
answers.py      those about an account, and its events
params.py       reading parameters
auth.py         key, signature, time window
limits.py       request weight
refusals.py     error codes and messages
rest.py         REST
ws_api.py       the WebSocket API
streams.py      stream connections and subscriptions
feed.py         what the market tells its streams
users.py        the user data stream
faults.py       faults on order
"""

from services.simulator.faults import Faults, Kind, SymbolStatus
from services.simulator.server import Sim, serve
from services.simulator.settings import DEFAULT_PAIRS, DEFAULT_PRICES, SimSettings, make_pairs

__all__ = [
    "DEFAULT_PAIRS",
    "DEFAULT_PRICES",
    "Faults",
    "Kind",
    "Sim",
    "SimSettings",
    "SymbolStatus",
    "make_pairs",
    "serve",
]
