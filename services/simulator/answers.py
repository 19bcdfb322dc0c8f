"""The shapes of answers about an account, and of its events, field by field as the exchange names them."""

from __future__ import annotations

from typing import Any

from services.simulator.balances import Balances
from services.simulator.fees import DISCOUNT, DISCOUNT_ASSET
from services.simulator.grid import text
from services.simulator.orders import Execution, Fill, Order, OrderList, Report, Side, TimeInForce
from services.simulator.settings import SimSettings

ZERO = "0.00000000"
PREVENTION = "EXPIRE_MAKER"

Json = dict[str, Any]


def trade_fee(settings: SimSettings, symbol: str) -> Json:
    return {"symbol": symbol, "makerCommission": str(settings.maker_fee), "takerCommission": str(settings.taker_fee)}


def order_ack(order: Order) -> Json:
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_ms,
    }


def order_result(order: Order) -> Json:
    return {**order_ack(order), **_order_state(order), "workingTime": order.working_ms}


def order_full(order: Order) -> Json:
    fills = [
        {
            "price": text(fill.price),
            "qty": text(fill.quantity),
            "commission": text(fill.commission),
            "commissionAsset": fill.commission_asset,
            "tradeId": fill.trade_id,
        }
        for fill in order.fills
    ]
    return {**order_result(order), "fills": fills}


def order_status(order: Order) -> Json:
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_order_id,
        "stopPrice": ZERO,
        **_order_state(order),
        "icebergQty": ZERO,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": not order.is_waiting,
        "workingTime": order.working_ms,
    }


def order_canceled(order: Order) -> Json:
    return {
        **order_ack(order),
        "origClientOrderId": order.client_order_id,
        "clientOrderId": order.cancel_id,
        **_order_state(order),
    }


def _order_state(order: Order) -> Json:
    return {
        "price": text(order.price),
        "origQty": text(order.quantity),
        "executedQty": text(order.filled),
        "origQuoteOrderQty": text(order.quote_quantity),
        "cummulativeQuoteQty": text(order.filled_quote),
        "status": str(order.status),
        "timeInForce": str(order.time_in_force),
        "type": str(order.type),
        "side": str(order.side),
        **({"stopPrice": text(order.stop_price)} if order.stop_ticks else {}),
        "selfTradePreventionMode": PREVENTION,
    }


def my_trade(fill: Fill) -> Json:
    return {
        "symbol": fill.symbol,
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "orderListId": fill.list_id,
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.quote_quantity),
        "commission": text(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time_ms,
        "isBuyer": fill.side is Side.BUY,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def account(settings: SimSettings, balances: Balances, updated_ms: int, *, omit_zero: bool) -> Json:
    rows = [
        {"asset": asset, "free": text(balance.free), "locked": text(balance.locked)}
        for asset, balance in sorted(balances.items())
        if balance.total or not omit_zero
    ]
    return {
        "makerCommission": int(settings.maker_fee * 10_000),
        "takerCommission": int(settings.taker_fee * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": text(settings.maker_fee),
            "taker": text(settings.taker_fee),
            "buyer": ZERO,
            "seller": ZERO,
        },
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": updated_ms,
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
        "uid": 1,
    }


def order_list(made: OrderList) -> Json:
    return {
        "orderListId": made.list_id,
        "contingencyType": "OCO",
        "listStatusType": "EXEC_STARTED" if made.is_open else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if made.is_open else "ALL_DONE",
        "listClientOrderId": made.client_list_id,
        "transactionTime": made.created_ms,
        "symbol": made.symbol,
        "orders": [
            {"symbol": order.symbol, "orderId": order.order_id, "clientOrderId": order.client_order_id}
            for order in made.orders
        ],
    }


def order_list_canceled(made: OrderList) -> Json:
    return {**order_list(made), "orderReports": [order_canceled(order) for order in made.orders]}


def list_status(made: OrderList, time_ms: int) -> Json:
    shown = order_list(made)
    return {
        "e": "listStatus",
        "E": time_ms,
        "s": made.symbol,
        "g": made.list_id,
        "c": "OCO",
        "l": shown["listStatusType"],
        "L": shown["listOrderStatus"],
        "r": "NONE",
        "C": made.client_list_id,
        "T": time_ms,
        "O": [{"s": order.symbol, "i": order.order_id, "c": order.client_order_id} for order in made.orders],
    }


def commission_rates(settings: SimSettings, symbol: str, *, bnb_fees: bool) -> Json:
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), ZERO)
    return {
        "symbol": symbol,
        "standardCommission": {**none, "maker": text(settings.maker_fee), "taker": text(settings.taker_fee)},
        "specialCommission": none,
        "taxCommission": none,
        "discount": {
            "enabledForAccount": bnb_fees,
            "enabledForSymbol": True,
            "discountAsset": DISCOUNT_ASSET,
            "discount": text(DISCOUNT),
        },
    }


def execution_report(report: Report) -> Json:
    order, fill = report.order, report.fill
    canceled = report.execution is Execution.CANCELED
    return {
        "e": "executionReport",
        "E": report.time_ms,
        "s": order.symbol,
        "c": order.cancel_id if canceled else order.client_order_id,
        "S": str(order.side),
        "o": str(order.type),
        "f": str(order.time_in_force),
        "q": text(order.quantity),
        "p": text(order.price),
        "P": text(order.stop_price),
        "F": ZERO,
        "g": order.list_id,
        "C": order.client_order_id if canceled else "",
        "x": str(report.execution),
        "X": str(order.status),
        "r": "NONE",
        "i": order.order_id,
        "l": text(fill.quantity) if fill else ZERO,
        "z": text(order.filled),
        "L": text(fill.price) if fill else ZERO,
        "n": text(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else None,
        "T": report.time_ms,
        "t": fill.trade_id if fill else -1,
        "I": report.number,
        "w": order.is_open and not (order.is_waiting or order.at_market) and order.time_in_force is TimeInForce.GTC,
        "m": fill.is_maker if fill else False,
        "M": fill is not None,
        "O": order.created_ms,
        "Z": text(order.filled_quote),
        "Y": text(fill.quote_quantity) if fill else ZERO,
        "Q": text(order.quote_quantity),
        **({} if order.is_waiting else {"W": order.working_ms}),
        "V": PREVENTION,
    }


def account_position(balances: Balances, assets: tuple[str, ...], time_ms: int) -> Json:
    rows = [{"a": asset, "f": text(balances[asset].free), "l": text(balances[asset].locked)} for asset in assets]
    return {"e": "outboundAccountPosition", "E": time_ms, "u": time_ms, "B": rows}
