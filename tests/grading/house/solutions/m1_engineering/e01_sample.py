from typing import Any


def add(a: int, b: int) -> int:
    return a + b


def ask(client: Any, question: str) -> str:
    reply = client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": question}])
    return str(reply.choices[0].message.content)
