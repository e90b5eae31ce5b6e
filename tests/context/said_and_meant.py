"""Statements whose meaning hangs on a word that is easily taken for an empty one.

Each line is what a customer said, and after `=>` what of it must stand in the record word for word,
parted by `|`; ` .. ` stands for other words of the same sentence. Written without a look at the
rules that condense.
"""

from __future__ import annotations

from typing import Final

ENGLISH: Final = """
    I did not order the blue one. => did not order
    I didn't order two kettles, only one => didn't order | only one
    I never got the parcel. => never got
    Nobody was home when the courier came. => nobody was home
    None of the boxes was damaged. => none of .. damaged
    Nothing was missing from the parcel => nothing was missing
    Neither the charger nor the cable works. => neither .. nor .. works
    Please do not ring the bell, the baby sleeps. => not ring
    Don't leave it with the neighbours. => don't leave it
    dont leave it outside please => dont leave it outside
    I can't be reached before noon. => can't be reached before noon
    I cant log in to the app => cant log in
    You can't deliver on Mondays, the shop is shut. => can't deliver on Mondays
    It won’t switch on => won’t switch on
    I wouldn't say that I'm happy with it => wouldn't say
    I shouldn't have to pay for the return. => shouldn't have to pay
    My order isn't late, it is lost. => isn't late
    The refund has not arrived yet. => has not arrived
    I am not allergic to nuts. => not allergic
    My son is allergic to penicillin but not to aspirin. => not to aspirin
    I no longer take the blue pills. => no longer take
    I don't take insulin anymore => don't take insulin anymore
    I hardly eat any dairy. => hardly eat
    She can barely walk after the surgery. => can barely walk
    I should not take it with food, the doctor said. => should not take it with food
    You must take it before meals, never after. => before meals | never after
    I feel better without the tablets. => without the tablets
    I haven't had a fever since Tuesday => haven't had a fever
    My mother isn't diabetic. => isn't diabetic
    I could eat shellfish until last year. => could eat shellfish until last year
    Only my wife may pick it up. => only my wife may pick
    I just want the small one, not the set. => not the set
    Everything except the lamp is fine. => everything except the lamp
    Cancel all but the last one. => all but the last one
    Send it unless it is out of stock. => unless it is out of stock
    If it is late, cancel it. => if it is late .. cancel
    Don't cancel it if it has shipped => don't cancel it if it has shipped
    I'd rather have a refund than a voucher. => rather have a refund than a voucher
    Give me the red one instead of the green one. => instead of the green one
    I want the black case instead => instead
    You sent me the wrong size. => you sent me
    I sent you the form twice. => I sent you
    He owes me forty pounds. => he owes me
    They charged me, I did not charge them. => they charged me | did not charge them
    Did I cancel the subscription? => did I cancel .. ?
    Is the hotel closed in January? => hotel closed .. ?
    Have you refunded me? => have you refunded me?
    I thought it was refundable. => thought it was refundable
    I would have come if you had called. => would have come if you had called
    I was told the flight was cancelled. => was told
    I used to live in Leeds. => used to live in Leeds
    The room was supposed to have a bath. => was supposed to have
    I may need a second seat. => may need
    I might come on Friday, I'm not sure. => might come on Friday | not sure
    We should be four, maybe five => should be four | maybe five
    The bill must not be more than 50 euros. => must not be more than 50
    I want to spend less than 200 dollars. => less than 200
    It should be at least 64 gigabytes. => at least 64
    At most two stops, please. => at most two
    That is too expensive. => too expensive
    The bag is not big enough. => not big enough
    It is almost full. => almost full
    Turn it off, please. => turn it off
    Please turn the roaming on. => turn the roaming on
    Please turn off the roaming. => turn off the roaming
    I want to check out on Sunday. => check out on Sunday
    I will check in late. => check in late
    The show is sold out. => sold out
    I backed up the phone but not the photos. => but not the photos
    Put me through to billing. => put me through
    I opted out of the newsletter => opted out
    I opted in to the newsletter => opted in
    My plane left without me. => without me
    We fly out on the 3rd and not back until the 10th. => not back until the 10th
    After 6 pm nobody answers => after 6 pm nobody answers
    The window seat is for my husband, not for me. => husband .. not for me
    No window seat, please. => no window seat
    No smoking room. => no smoking room
    A non-smoking room, but with no balcony => with no balcony
    Breakfast is not included, is it? => not included .. ?
    I have not been to Rome before. => have not been to Rome
    I cannot fly on weekdays. => cannot fly on weekdays
    Do not charge my card until it ships. => not charge my card until it ships
    My card was not declined. => was not declined
    I did not authorise that payment of $300. => did not authorise
    It wasn't me who withdrew the money. => wasn't me who withdrew
    I haven't lost my card, it was stolen => haven't lost my card
    Close the savings account, not the current one. => not the current one
    Don't close my account. => don't close my account
    I never shared my PIN with anybody. => never shared
    Transfer it from savings to current. => from savings to current
    The transfer to John is wrong, from John it was right. => to John | from John
    I can pay 20 a month but no more. => no more
    I am not going to renew the contract. => not going to renew
    I want to keep my number but not my plan. => but not my plan
    My phone works, except when I am abroad. => except when I am abroad
    I ain't paying twice. => ain't paying twice
    There was never any signal at home. => never any signal
    Nowhere in the contract does it say so => nowhere in the contract
    Without a deposit I can't sign. => without a deposit | can't sign
    The blue one fits; the red one doesn't. => red one doesn't
    I like the first. Not the second. => not the second
    I refuse to pay, and I won't send it back => refuse to pay | won't send it back
    It's not that I dislike it, it is too small => not that I dislike | too small
    I have few complaints and little time. => few complaints | little time
    Barely anyone replied to me. => barely anyone replied
    Stop calling me. => stop calling me
    I'm not unhappy with the service => not unhappy
    We need a crib as well, but we don't need a cot => don't need a cot
    The driver could not find us, nor did he call. => could not find us | nor did he call
    I am unable to come. => unable to come
"""

CHINESE: Final = """
    我没有订蓝色的。 => 没有订蓝色
    不要打电话给我。 => 不要打电话
    请不要按门铃，孩子在睡觉。 => 不要按门铃
    别放在门口，谢谢。 => 别放在门口
    我没收到包裹。 => 没收到包裹
    快递还没到呢。 => 还没到
    我从来没用过这张卡。 => 从来没用过
    除了周一，其他时间都可以。 => 除了周一
    除了我以外没有人能签收。 => 除了我以外没有人
    周末以外都行。 => 周末以外
    下午三点之前我不在家。 => 三点之前我不在家
    三点之后再送。 => 三点之后
    我只要一个，不要两个。 => 只要一个 | 不要两个
    我只想退这一件。 => 只想退这一件
    我不想退款，我想换货。 => 不想退款 | 换货
    我不是要取消订单。 => 不是要取消
    取消订单。 => 取消订单
    不用取消订单了。 => 不用取消
    我对花生不过敏。 => 不过敏
    我对花生过敏，对海鲜不。 => 对海鲜不
    我妈妈没有糖尿病。 => 没有糖尿病
    我不能吃辣。 => 不能吃辣
    这个药不能饭前吃。 => 不能饭前吃
    我已经不吃那种药了。 => 不吃那种药
    药饭后吃，不是饭前。 => 不是饭前
    如果晚了就取消。 => 如果晚了就取消
    要是没货就不要寄了。 => 没货就不要寄
    我是不是已经取消了？ => 是不是已经取消了 .. ？
    酒店一月份关门吗？ => 关门吗 .. ？
    房间含早餐吗？ => 含早餐吗 .. ？
    我以为可以退款。 => 以为可以退款
    本来应该有阳台的。 => 本来应该有阳台
    我可能周五到。 => 可能周五到
    预算不超过三百元。 => 不超过三百元
    价格不要低于两百。 => 不要低于两百
    至少要两张床。 => 至少要两张床
    最多转一次机。 => 最多转一次
    这个太贵了。 => 太贵
    房间不够大。 => 不够大
    你们给我寄错了尺码。 => 给我寄错
    我给你们寄了表格。 => 我给你们寄了
    把漫游关掉。 => 漫游关掉
    别把漫游关掉。 => 别把漫游关掉
    我不要靠窗的座位。 => 不要靠窗
    请给我找一家不贵的餐馆。 => 不贵的餐馆
    不含早餐也可以。 => 不含早餐也可以
    无烟房，不要吸烟房。 => 无烟房 | 不要吸烟房
    我的卡没丢，是被偷了。 => 没丢 | 被偷
    那笔钱不是我取的。 => 不是我取的
    请勿续费。 => 勿续费
    不要自动续费。 => 不要自动续费
    我还没决定要不要续约。 => 还没决定要不要续约
    我没说不要，我说晚一点要。 => 没说不要
    合同里没写违约金。 => 没写违约金
    在我确认之前不要扣款。 => 确认之前不要扣款
    非会员也可以吗？ => 非会员
    莫要告诉我太太。 => 莫要告诉我太太
    我们不是五个人，是四个人。 => 不是五个人
    帮我查一下不经停的航班。 => 不经停
    我不坐红眼航班。 => 不坐红眼航班
    我未授权这笔付款。 => 未授权
    他欠我四百块，不是我欠他。 => 他欠我 | 不是我欠他
    从北京到上海，不是从上海到北京。 => 从北京到上海 | 不是从上海到北京
    我不太满意。 => 不太满意
    网不好，信号也没有。 => 网不好 | 信号也没有
    再也不买了。 => 再也不买
"""


def read(table: str) -> list[tuple[str, tuple[str, ...]]]:
    """The statements of a table, each with what must stand."""
    lines = [line.strip().partition(" => ") for line in table.strip().splitlines()]
    return [
        (said, tuple(group.strip() for group in groups.split("|"))) for said, _, groups in lines
    ]
