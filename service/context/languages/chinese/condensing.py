"""Chinese: how a message loses the set phrases that frame a request."""

from __future__ import annotations

from typing import Final

from service.context.languages.face import Condensing

CONDENSING: Final = Condensing(
    opening=(
        "(?:你好|您好|好的|好嘞|好呢|好吧|嗯|哦|那么|那就|那|然后|另外|对了|还有|再|请问|请|"
        "麻烦(?:您|你)?|劳驾|谢谢(?:您|你)?|我想要|我想|我要|我还要|我还想|想要|想|帮我|给我|替我|"
        "帮忙|推荐|找|查|看看|一下|一家|一个)+"
    ),
    frame=(
        "(?:请|麻烦)?(?:您|你)?再?(?:给|帮|替)(?:我|忙)再?(?:推荐|找|查|选|订|看看|看|介绍)?"
        "(?:一下|一家|一个|个|家)?|请?告诉我|请问"
    ),
    closing="(?:吧|呢|吗|啊|呀|哦|嘛|么|啦|谢谢(?:您|你)?|可以吗|好吗|行吗|怎么样|用餐|吃饭)+",
)
