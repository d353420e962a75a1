// Vaccines to choose from, by the names that the API reads. Any other way to write one can be typed in.

export const VACCINES = ['ファイザー', 'ファイザー（5～11歳用）', 'ファイザー（6か月～4歳用）', '武田/モデルナ', 'アストラゼネカ', '武田/ノババックス', 'ヤンセン'];
