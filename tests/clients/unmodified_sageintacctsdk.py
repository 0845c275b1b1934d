"""XML gateway: sageintacctsdk as it is. Its address is fixed; a CONNECT proxy joins api.intacct.com:443 to the TLS port
and passes bytes untouched, and REQUESTS_CA_BUNDLE names the stand-in's authority."""
import os
import socket
import sys
import threading

TLS_PORT = int(os.environ["TLS_PORT"])
asked = []


def passed_on(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(client):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(4096)
        if not piece:
            return
        head += piece
    line = head.split(b"\r\n", 1)[0].decode()
    asked.append(line)
    if not line.startswith("CONNECT api.intacct.com:443 "):
        client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        client.close()
        return
    server = socket.create_connection(("127.0.0.1", TLS_PORT))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=passed_on, args=(client, server), daemon=True).start()
    passed_on(server, client)


def listen():
    proxy = socket.create_server(("127.0.0.1", 0))
    os.environ["HTTPS_PROXY"] = os.environ["https_proxy"] = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""

    def accept():
        while True:
            client, _ = proxy.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


listen()
from sageintacctsdk import SageIntacctSDK  # noqa: E402
from sageintacctsdk import exceptions  # noqa: E402

results = {True: 0, False: 0}


def check(name, ok, note=""):
    results[bool(ok)] += 1
    print(f"{'PASS' if ok else 'FAIL'} unmodified sageintacctsdk: {name}" + (f" -- {note}" if note else ""))


def connect(**over):
    env = os.environ
    values = dict(sender_id=env["SENDER_ID"], sender_password=env["SENDER_PASSWORD"], user_id=env["USER_ID"],
                  company_id=env["COMPANY_ID"], user_password=env["USER_PASSWORD"])
    return SageIntacctSDK(**{**values, **over})


try:
    sdk = connect()
    check("a session by login", True)
    count = sdk.contacts.count(None)
    contacts = sdk.contacts.get_all()
    check("contacts, as many as counted", count and len(contacts) == count, f"{count} / {len(contacts)}")
    check("departments", sdk.departments.get_all())
    name = f"Proxy {os.getpid()}"
    made = sdk.contacts.post({"CONTACTNAME": name, "PRINTAS": name, "FIRSTNAME": "P", "LASTNAME": "C"})
    check("a contact is made", "RECORDNO" in str(made), str(made)[:120])
    try:
        connect(user_password="nope")
        check("a wrong password is refused", False)
    except exceptions.InvalidTokenError:
        check("a wrong password is refused", True)
except Exception as error:  # noqa: BLE001
    check("run", False, f"{type(error).__name__}: {str(error)[:300]}")
check("everything went through the proxy by the vendor's name", asked and all("api.intacct.com:443" in line for line in asked))
print(f"RESULT unmodified sageintacctsdk: {results[True]} passed, {results[False]} failed")
sys.exit(0 if results[True] and not results[False] else 1)
