{outputs=_:{};}
