# Terminals are login shells, for which /etc/profile sets PATH anew.
export PATH="$HOME/.local/bin:$PATH"
