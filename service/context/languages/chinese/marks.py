"""Chinese: what values are of, and whether they hold."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Marks

MARKS: Final = Marks(
    labels=(
        ("account", r"账[号户]|帐[号户]"),
        ("appointment", r"预约"),
        ("arrival", r"到达|抵达"),
        ("billing", r"账单"),
        ("birthday", r"生日|出生"),
        ("booking", r"预[订定]"),
        ("budget", r"预算"),
        ("card", r"卡"),
        ("check-in", r"入住"),
        ("check-out", r"退房|离店"),
        ("claim", r"理赔"),
        ("delivery", r"送货|配送|收货|派送"),
        ("departure", r"出发|启程"),
        ("deposit", r"押金|订金|定金"),
        ("home", r"家里?(?:的)?(?=电话|地址|座机)"),
        ("invoice", r"发票"),
        ("limit", r"额度|上限"),
        ("member", r"会员"),
        ("mobile", r"手机"),
        ("order", r"订单"),
        ("passport", r"护照"),
        ("policy", r"保单"),
        ("refund", r"退款"),
        ("return", r"返程|回程"),
        ("serial", r"序列"),
        ("ticket", r"工单"),
        ("tracking", r"快递|运单|物流"),
        ("work", r"公司|单位"),
    ),
    people=(
        r"妻子|老婆|太太|丈夫|老公|爱人|妈妈?|母亲|爸爸?|父亲|儿子|女儿|哥哥|姐姐|弟弟|妹妹|朋友"
        r"|同事|秘书|老板"
    ),
    changes_to=r"改[成为到]|换[成到]|应该是|应为|其实.{0,12}是|正确的?是|更正为?",
    mistold=(
        r"(?<![址名话人])[写说记打报看输填弄搞]错|[看打写]反了|错字|手[滑误]|[少漏]打|多打了|才对"
        r"|作废|不用管"
    ),
    change=(
        r"改约|搬[到去家]|换了|(?<!是)不是|更新|(?<![发送寄装配拿])错了|不再|改期|推迟|延期"
        r"|提前到|调[到成整]|往[前后][推挪]"
    ),
    slip=r"哎呀|不对|[最后末]位|漏了",
    another=r"另|还有|第二|其他|别的",
    hint=r"换[了号]|新[的家]|搬家|改了|现在|以后|停机",
    own=r"我的|我叫|我姓|我是|我.{0,4}住|我们",
    denied_before=r"(?<!是)不是|不再是|并非|不在|(?:旧|以前|原来|之前)的?\w{0,6}(?:是|为)?",
    moved_from=r"从|由|把",
    denied_after=r"是错的|不对|不用了|作废|已经?停用",
)
