// Vaccines, by the codes of the API and the names that it reads. Any other way to write one can be typed in where a dose is entered.

const PRODUCTS = [
  { code: 'COMIRNATY', maker: 'ファイザー' },
  { code: 'COMIRNATY5TO11', maker: 'ファイザー（5～11歳用）' },
  { code: 'COMIRNATY6M4', maker: 'ファイザー（6か月～4歳用）' },
  { code: 'SPIKEVAX', maker: '武田/モデルナ' },
  { code: 'VAXZEVRIA', maker: 'アストラゼネカ' },
  { code: 'NUVAXOVID', maker: '武田/ノババックス' },
  { code: 'JCOVDEN', maker: 'ヤンセン' },
  { code: 'DAICHIRONA', maker: '第一三共' },
];

export const VACCINES = PRODUCTS.map((product) => product.maker);

/** A vaccine by its code as the form of a dose calls it; one that a newer API knows, by the code. */
export const makerOf = (code) => PRODUCTS.find((product) => product.code === code)?.maker ?? code;
