"""Images: what there is (catalogue), how it is made (builder), and what it promises (contract)."""
