"""How a participant gets in and negotiates: SDP, Socket.IO /signal, WHIP, WHEP."""
