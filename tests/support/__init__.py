"""What the functional and the crash tests share: a server of their own, clients, patience."""
