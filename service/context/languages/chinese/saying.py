"""Chinese: how customers say something of themselves."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Saying
from service.context.languages.forms import HAN, NAME

_END: Final = rf"(?=[^{HAN}·]|$)"
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
    "武戴莫孔向汤"
)
_IS: Final = r"(?:写错了[，,]?)?(?:应该)?(?:是|为|叫|在|改[成为到]|换[成到]|:)+\s?"
_CLAUSE: Final = r"[^，,。;!?\n]"
_PLACE: Final = "(?:路|街|道|巷|弄|号|楼|室|小区|花园|大厦|村|苑|层|栋|单元|胡同)"
_NAMES: Final = (
    rf"(?:我的?(?:名字)?叫|(?:姓名|名字|联系人|收件人|收货人|预订人|预定人|入住人|乘机人)(?:姓名)?"
    rf"{_IS})\s?(?P<v>[{HAN}·]{{2,4}}?(?=[^{HAN}·]|$|[我今的电手订想住在和])"
    rf"|{NAME})",
    rf"我姓(?P<v>[{HAN}]{{1,2}}){_END}",
    rf"(?:姓名|名字)(?P<v>[{_SURNAMES}][{HAN}]{{1,2}}?)(?=[^{HAN}]|$|好了|吧)",
    rf"我是(?P<v>[{_SURNAMES}][{HAN}]{{1,2}}){_END}",
)
_USER_NAMES: Final = (
    rf"(?:用户名|昵称|登录名|账号名|网名)(?:{_IS}|(?=[A-Za-z0-9_.@+-]{{3}}))"
    rf"(?P<v>[A-Za-z0-9_.@+-]{{2,40}}|[{HAN}]{{2,10}}{_END})",
)
_POSTCODES: Final = (rf"(?:邮编|邮政编码)(?:{_IS})?\s?(?P<v>\d{{6}})(?!\d)",)
_ADDRESSES: Final = (
    rf"(?:地址|住址){_IS}(?P<v>(?!在?哪|什么|多少){_CLAUSE}{{4,60}})",
    rf"(?:住在?|搬到了?|搬去了?|[寄送]到|寄往|[送改收]货到|配送到)\s?"
    rf"(?P<v>[^，,。;!?\n{_PLACE[3:-1]}]{{1,30}}{_PLACE}{_CLAUSE}{{0,30}})",
    rf"(?P<v>(?:(?![来到在去住送寄址是给往])[{HAN}]){{2,6}}(?:小区|花园|大厦|公寓|家园|新村)"
    r"\d{1,4}(?:栋|幢|座|号楼|号)(?:\d{1,2}单元)?\d{0,5}室?)",
)
_REFUSALS: Final = (
    r"(?P<v>(?:不要再?(?!紧)|请勿|千万别|请?别(?![的人处致墅名再]|说了)|不想(?!问)|不吃|不喝|不接受"
    r"|不需要|拒绝)[^，,。;!?\n了]{1,30})",
    r"(?P<v>对?[^，,。;!?\n对]{1,12}过敏)",
)
_PREFERENCES: Final = (
    r"(?P<v>(?:更喜欢|最喜欢|偏好|偏爱|比较喜欢|我喜欢|宁愿|只要(?!是|能|有))[^，,。;!?\n]{1,30})",
)
_CORRECTIONS: Final = (
    rf"(?<!是)不是(?P<old>{_CLAUSE}{{2,40}})[，,]?而?是(?P<v>{_CLAUSE}{{2,40}})",
)

SAYING: Final = Saying(
    names=_NAMES,
    user_names=_USER_NAMES,
    postcodes=_POSTCODES,
    addresses=_ADDRESSES,
    refusals=_REFUSALS,
    preferences=_PREFERENCES,
    corrections=_CORRECTIONS,
    cues=(
        ("correction", r"(?<!是)不是"),
        ("name", r"叫|姓|名|我是|[人客机](?:是|为|:)"),
        ("user name", r"名|昵称"),
        ("postcode", r"邮"),
        ("address", r"[区园厦寓村]\d|住|搬|到|往|地址"),
        ("refusal", r"[不勿别拒]|过敏"),
        ("preference", r"喜欢|偏|宁愿|只要"),
    ),
    asked=(
        ("user name", "用户名|昵称"),
        ("postcode", "邮编"),
        ("name", "姓名|名字|贵姓|称呼"),
    ),
    opening="我?是|我?叫|姓",
    no_answer="[不没谢好对是再算]",
)
