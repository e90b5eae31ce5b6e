"""Chinese: dates, amounts, and what stands around numbers."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Shapes
from service.context.languages.forms import DAY

_DIGITS: Final = "一二三四五六七八九十"
_DAY: Final = rf"(?:{DAY}|[{_DIGITS}]{{1,3}})"
_DATES: Final = (
    rf"(?:\d{{2,4}}年)?(?<![\d.])(?:1[0-2]|0?[1-9]|[{_DIGITS}]{{1,2}})月"
    rf"(?:份?[底初末]|份?[上中下]旬|{_DAY}[日号]?|份)?",
    rf"(?:下个?|上个?|这个?|本|当)月(?:[底初末]|[上中下]旬|{_DAY}[日号])?",
    r"(?:下下|上上|[下上这本])个?(?:周|星期|礼拜)(?:[一二三四五六日天末]|(?![边围年转期到长]))",
    rf"(?<![\d.\w街路巷条里村道第-])(?:{DAY}|[二三]?十[{_DIGITS}]?)(?:号|日)"
    r"(?![线楼院门店馆厅码机航桌房车仓座口游内间后前])",
)
_YUAN: Final = (
    r"(?:元(?![旦宵素航])|块(?:钱|(?![一-鿿])|(?=[左以的吧了呢吗都够行就]))"
    r"|人民币|[美欧日港]元|美[金刀]|英镑|港币)"
)
_BOUND: Final = "以上|以下|以内|左右"
_AMOUNTS: Final = (
    rf"[{_DIGITS}两百千万零半几]{{1,10}}(?:元(?![旦宵素航])|块钱)(?:{_BOUND})?",
    rf"[{_DIGITS}两百千万零半几]{{2,10}}{_YUAN}(?:{_BOUND})?",
)
_THING: Final = "(?:订单|运单|工单|快递|航班|车次|预订|账户|帐户|账|帐|卡|身份证|会员|房间)"

SHAPES: Final = Shapes(
    days=_DATES,
    amounts=_AMOUNTS,
    signs="月周期拜号日元块币金刀镑",
    money=_YUAN,
    scale="[百千万亿]",
    range_signs="至到",
    bounds=_BOUND,
    extension="转|分机",
    number_before=r"[号码][是为:\s]{0,3}$",
    thing_before=rf"{_THING}[是为:\s]{{0,3}}$",
    thing_number_before=rf"{_THING}号码?[是为:\s]{{0,3}}$",
    phone_before="(?:电话|手机|座机|联系方式).{0,6}",
    quantity_before="[大约概过到低高少均价算]",
    counted_after="[个位人张间件份次天晚点分岁月楼层只条套台瓶杯斤包公平米里步字周年]|小时",
    listed="、|和|或者?",
)
